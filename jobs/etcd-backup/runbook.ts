import { accessTrouble, wayTrouble } from '../../src/core/etcd/access.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { sizeTable } from '../../src/core/etcd/ring-report.ts';
import { ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineRunbook, type PlanDraft } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import { etcdBeyondReach } from '../steps/applicable.ts';
import { nodeShellCleanup } from '../steps/node-shell.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { BackupParams } from './params.ts';
import { type BackupLine, type BackupPlanContext, backupLines, backupWay, lookForBackup } from './plan-backup.ts';
import { publishStep } from './publish-step.ts';
import { retainStep } from './retain-step.ts';
import { staticStep } from './static-step.ts';
import { takeStep } from './take-step.ts';

/** Takes a snapshot of etcd into the store of the cluster, proves that it lies there whole, and removes what is superfluous. */
export const etcdBackup = defineRunbook({
  id: 'etcd-backup',
  version: 1,
  title: 'Back up etcd',
  params: BackupParams,
  needs: ['etcd', 'kubernetes', 'backups'],
  steps: [takeStep, staticStep, publishStep, retainStep],
  cleanups: [nodeShellCleanup],
  locks: (cluster) => [ringLock(cluster)],
  plan: async (context, params) => await planBackup(context, params),
});

/** Reads ring, platform and store, checks them and lays out the steps. Changes nothing. */
async function planBackup(context: BackupPlanContext, params: BackupParams): Promise<PlanDraft> {
  const { cluster } = context;
  const obstacle = etcdBeyondReach(cluster);
  if (obstacle !== null) return refused(obstacle, []);
  const way = backupWay(context);
  if (!way.ok) return refused(way.check, []);
  const first = await readRing(lookOf(context));
  await context.pause(cluster.defrag.sampleMs);
  const { ring, trouble } = await readRing(lookOf(context));
  if (first.ring === null || ring === null || ring.localList)
    return refused(unseen(trouble ?? first.trouble, ring !== null), ring === null ? [] : [table(ring)]);
  const looked = await lookForBackup(context, way, { first: first.ring, ring, member: params.member });
  if ('verdict' in looked) return refused(looked, [table(ring)]);
  const blocked = looked.checks.some(({ verdict }) => verdict === 'block');
  const { keepLast, maxAgeMs } = way.settings.retention;
  const lines: readonly BackupLine[] = blocked
    ? []
    : [
        ...backupLines({ ...params, ring }, looked, way.vault),
        {
          step: retainStep.plan({ keepLast, maxAgeMs }),
          forecast: 'Reads the ring; changes only the store. What is removed is named at the end.',
          estimateMs: 10_000,
        },
      ];
  return {
    identity: ring.clusterId,
    facts: { ring: identityOf(ring) },
    steps: lines.map(({ step }) => step),
    forecast: lines.map(({ forecast }) => forecast),
    estimatesMs: lines.map(({ estimateMs }) => estimateMs),
    gates: [],
    checks: looked.checks,
    notes: [...looked.notes, ...looked.left],
    before: [table(ring)],
  };
}

/** `seen`: members answer, though not as a ring. */
function unseen(trouble: EtcdError | null, seen: boolean): Check {
  const evidence = trouble?.message ?? 'nobody said why';
  const noAccess = accessTrouble(trouble);
  if (noAccess !== null) return block('access', noAccess, evidence);
  const title = wayTrouble(trouble) ?? (seen ? 'The ring has no quorum' : 'Cluster unreachable');
  return block('reachable', title, evidence);
}

function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}

function table(ring: Ring): ReportTable {
  return sizeTable(ring, 'etcd members');
}

function refused(why: Check, before: readonly ReportTable[]): PlanDraft {
  return {
    identity: '',
    facts: {},
    steps: [],
    forecast: [],
    estimatesMs: [],
    gates: [],
    checks: [why],
    notes: [],
    before,
  };
}
