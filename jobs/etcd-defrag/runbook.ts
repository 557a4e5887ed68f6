import { accessTrouble, wayTrouble } from '../../src/core/etcd/access.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import { hasAlarm, type Ring } from '../../src/core/etcd/ring.ts';
import { assumptions, sizeTable } from '../../src/core/etcd/ring-report.ts';
import { type Selection, selectMembers } from '../../src/core/etcd/selection.ts';
import { ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import { etcdBeyondReach } from '../steps/applicable.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { check } from './check.ts';
import { preflight } from './checks.ts';
import { DefragParams } from './params.ts';
import { planLines } from './plan-lines.ts';
import { steps } from './steps.ts';
import { deleteProbe } from './write-probe-step.ts';

/** Defragments the members of an etcd ring, one at a time, the leader last; clears a NOSPACE alarm on the way. */
export const etcdDefrag = defineRunbook({
  id: 'etcd-defrag',
  version: 1,
  title: 'Defragment etcd',
  params: DefragParams,
  needs: ['etcd'],
  steps,
  cleanups: [deleteProbe],
  locks: (cluster) => [ringLock(cluster)],
  plan: async (context, params) => await planDefrag(context, params),
});

/** Reads the ring twice, checks it, selects members and lays out the steps. Changes nothing. */
async function planDefrag(context: PlanContext<'etcd'>, params: DefragParams): Promise<PlanDraft> {
  const { cluster } = context;
  const beyondReach = etcdBeyondReach(cluster);
  if (beyondReach !== null) return refused(beyondReach, []);
  const first = await readRing(lookOf(context));
  await context.pause(cluster.defrag.sampleMs);
  const { ring, trouble } = await readRing(lookOf(context), true);
  if (first.ring === null || ring === null || ring.localList) {
    const before = ring === null ? [] : [sizeTable(ring, 'etcd members')];
    return refused(unseen(trouble ?? first.trouble, ring !== null), before);
  }
  const selection = selectMembers(ring, cluster.defrag, { named: params.members, all: params.all });
  const checks = preflight(first.ring, ring, selection);
  const blocked = checks.some((each) => each.verdict === 'block');
  const nospace = hasAlarm(ring, 'NOSPACE');
  const lines =
    blocked || selection.selected.length === 0
      ? { steps: [], forecast: [], estimatesMs: [] }
      : planLines(context, params, ring, selection, nospace);
  return {
    identity: ring.clusterId,
    facts: { ring: identityOf(ring), nospace },
    ...lines,
    gates: [],
    checks,
    notes: [...notesOn(ring, selection, nospace)],
    before: [sizeTable(ring, 'etcd members, before')],
  };
}

/** `seen`: members answer, though not as a ring. */
function unseen(trouble: EtcdError | null, seen: boolean): Check {
  const evidence = trouble?.message ?? 'nobody said why';
  const noAccess = accessTrouble(trouble);
  if (noAccess !== null) return check('access', 'block', noAccess, evidence);
  const title = wayTrouble(trouble) ?? (seen ? 'The ring has no quorum' : 'Cluster unreachable');
  return check('reachable', 'block', title, evidence);
}

function refused(why: Check, before: readonly ReportTable[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks: [why], forecast: [], notes: [], before };
}

/** Members with the same reason are told together, in the order of the first of them. */
function byReason(choices: Selection['left']): readonly (readonly [string, readonly string[]])[] {
  const found = new Map<string, string[]>();
  for (const { member, reason } of choices) found.set(reason, [...(found.get(reason) ?? []), member.label]);
  return [...found];
}

function notesOn(ring: Ring, selection: Selection, nospace: boolean): readonly string[] {
  const left = byReason(selection.left).map(([reason, labels]) =>
    labels.length === 1
      ? `${labels.join('')} is left as it is: ${reason}.`
      : `${labels.join(', ')} are left as they are: ${reason}.`,
  );
  const chosen = byReason(selection.selected).map(([reason, labels]) => `${labels.join(', ')} (${reason})`);
  const taken = chosen.length === 0 ? [] : [`Selected: ${chosen.join(', ')}.`];
  const history =
    'Compaction drops old revisions for good: clients that page through old lists or watch from far back start again. Take a snapshot first if in doubt.';
  return [...taken, ...left, ...(nospace ? [history] : []), ...assumptions(ring)];
}
