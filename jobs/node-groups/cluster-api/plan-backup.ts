import type { Check } from '../../../src/core/plan.ts';
import { etcdBeyondReach } from '../../steps/applicable.ts';
import { type BackupFirst, planBackupFirst } from '../../steps/backup-first.ts';
import { lookOf, readRing, type SeenRing } from '../../steps/read-ring.ts';
import type { GroupPlanContext, UpgradeOrder } from '../provider.ts';

/** A backup of etcd before a control plane is changed: there is no way back to an older minor version but that. */
export async function planEtcdBackup(
  context: GroupPlanContext,
  { backup, by, to }: Pick<UpgradeOrder, 'backup' | 'by' | 'to'>,
): Promise<BackupFirst> {
  const { cluster } = context;
  const obstacle = etcdBeyondReach(cluster);
  if (obstacle !== null) return none({ ...obstacle, id: 'backup', title: 'No backup of etcd can be taken' });
  const first = await look(context);
  await context.pause(cluster.defrag.sampleMs);
  const second = await look(context);
  if (first.ring === null || second.ring === null) {
    const evidence = second.trouble?.message ?? first.trouble?.message ?? 'nobody said why';
    return none({ id: 'backup', verdict: 'block', title: 'The etcd ring could not be read', evidence });
  }
  return await planBackupFirst(context, {
    first: first.ring,
    ring: second.ring,
    named: backup,
    maxAgeMs: cluster.replace.backupAgeMs,
    by,
    note: `before the upgrade of the control plane to ${to}`,
  });
}

/** A ring that cannot be read is looked at once more: a busy API server, through which it is reached, may take a moment. */
async function look(context: GroupPlanContext): Promise<SeenRing> {
  const seen = await readRing(lookOf(context));
  if (seen.ring !== null) return seen;
  await context.pause(context.cluster.defrag.sampleMs);
  return await readRing(lookOf(context));
}

function none(check: Check): BackupFirst {
  return { checks: [check], lines: [], notes: [] };
}
