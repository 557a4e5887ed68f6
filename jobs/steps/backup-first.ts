import { chooseBackup } from '../../src/core/backup/chosen-backup.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { Check, PlannedStep } from '../../src/core/plan.ts';
import type { AnyCleanup } from '../../src/core/runbook.ts';
import type { AnyStep } from '../../src/core/step.ts';
import { type BackupPlanContext, backupLines, backupWay, lookForBackup } from '../etcd-backup/plan-backup.ts';
import { publishStep } from '../etcd-backup/publish-step.ts';
import { readPlatform } from '../etcd-backup/read-platform.ts';
import { staticStep } from '../etcd-backup/static-step.ts';
import { takeStep } from '../etcd-backup/take-step.ts';
import { checkBackupStep, whyNotRecent } from './check-backup-step.ts';
import { nodeShellCleanup } from './node-shell.ts';
import { vaultCheck } from './read-backups.ts';

/** A backup that comes first in a plan of something else. */
export interface BackupFirst {
  /** With a blocking check there are no lines. */
  readonly checks: readonly Check[];
  readonly lines: readonly {
    readonly step: PlannedStep;
    readonly forecast: string;
    readonly estimateMs: number | null;
  }[];
  readonly notes: readonly string[];
}

/** What is asked for. */
export interface BackupFirstOrder {
  /** Two looks at the ring, some seconds apart. */
  readonly first: Ring;
  readonly ring: Ring;
  /** Id of a recent one that is to do, or `latest`; `null`: a fresh one is taken. */
  readonly named: string | null;
  /** How old a named one may be, ms. */
  readonly maxAgeMs: number;
  /** Who asked: team and user. */
  readonly by: string;
  /** What a fresh one is for. */
  readonly note: string;
}

/** Step kinds of these lines. A runbook that uses them names them, and {@link backupFirstCleanups}. */
export const backupFirstSteps: readonly AnyStep[] = [takeStep, staticStep, publishStep, checkBackupStep];
/** What these steps put back. */
export const backupFirstCleanups: readonly AnyCleanup[] = [nodeShellCleanup];

/** Plans a fresh backup, or the reading of a recent one, before something that may need it. Reads only. */
export async function planBackupFirst(context: BackupPlanContext, order: BackupFirstOrder): Promise<BackupFirst> {
  return order.named === null ? await fresh(context, order) : await recent(context, { ...order, named: order.named });
}

async function fresh(context: BackupPlanContext, { first, ring, by, note }: BackupFirstOrder): Promise<BackupFirst> {
  const way = backupWay(context);
  if (!way.ok) return none({ ...way.check, id: 'backup' });
  const looked = await lookForBackup(context, way, { first, ring, member: null });
  if ('verdict' in looked) return none({ ...looked, id: 'backup' });
  // What speaks for it is told in one line; what does not, as the backup itself would.
  const trouble = looked.checks.filter(({ verdict }) => verdict !== 'pass');
  const checks = trouble.map((each) => ({ ...each, id: `backup-${each.id}` }));
  if (trouble.some(({ verdict }) => verdict === 'block'))
    return { checks, lines: [], notes: [...looked.notes, ...looked.left] };
  const giver = looked.choice.ok ? looked.choice.member.label : '';
  const can: Check = {
    id: 'backup',
    verdict: 'pass',
    title: 'A fresh backup comes first',
    evidence: `${giver} can give it, ${way.vault.place} takes it`,
  };
  return {
    checks: [can, ...checks],
    lines: backupLines({ ring, member: null, by, note }, looked, way.vault),
    notes: looked.notes,
  };
}

async function recent(
  context: BackupPlanContext,
  { ring, named, maxAgeMs }: BackupFirstOrder & { readonly named: string },
): Promise<BackupFirst> {
  const { ports, cluster, signal } = context;
  const [listed, platform] = await Promise.all([
    ports.backups.list({ signal }),
    readPlatform(ports.kubernetes, cluster.platform, signal),
  ]);
  if (!listed.ok) return none({ ...vaultCheck(listed.error), id: 'backup' });
  const chosen = chooseBackup(cluster.name, listed.value, named, context.nowMs());
  if (!chosen.ok) return none(block('No such backup', chosen.why));
  const { backup } = chosen;
  const identity = { etcd: ring.clusterId, kubernetes: platform.uid };
  const why = whyNotRecent(backup, { maxAgeMs, nowMs: context.nowMs(), identity });
  if (why !== null || backup.manifest === null)
    return none(block('The named backup does not do', why ?? `${backup.id} has no manifest`));
  const { id, manifest } = backup;
  return {
    checks: [
      {
        id: 'backup',
        verdict: 'pass',
        title: 'A recent backup is relied on',
        evidence: `${id}, read whole before anything is changed`,
      },
    ],
    lines: [
      {
        step: checkBackupStep.plan({ id, sha256: manifest.sha256, maxAgeMs }),
        forecast: 'Reads the store; the ring is not touched.',
        estimateMs: null,
      },
    ],
    notes: [],
  };
}

function none(check: Check): BackupFirst {
  return { checks: [check], lines: [], notes: [] };
}

function block(title: string, evidence: string): Check {
  return { id: 'backup', verdict: 'block', title, evidence };
}
