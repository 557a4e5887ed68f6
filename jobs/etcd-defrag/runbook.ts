import { hasManagedEtcd } from '../../src/core/cluster-profile.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import { hasAlarm, type Ring } from '../../src/core/etcd/ring.ts';
import { assumptions, sizeTable } from '../../src/core/etcd/ring-report.ts';
import { type Selection, selectMembers } from '../../src/core/etcd/selection.ts';
import { ringLock } from '../../src/core/lock.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { check, preflight } from './checks.ts';
import { DefragParams } from './params.ts';
import { planLines } from './plan-lines.ts';
import { steps } from './steps.ts';
import { deleteProbe } from './write-probe-step.ts';

/** Defragments the members of an etcd ring, one at a time, the leader last; clears a NOSPACE alarm on the way. */
export const etcdDefrag = defineRunbook({
  id: 'etcd-defrag',
  version: 1,
  title: 'Defragment etcd, followers first, the leader last',
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
  if (hasManagedEtcd(cluster.platform)) {
    return refused(
      'not-applicable',
      'etcd can be reached',
      `the provider of ${cluster.platform} runs etcd and shows nothing of it`,
    );
  }
  if (cluster.etcdAccess === null)
    return refused('not-applicable', 'etcd can be reached', `no access to etcd is configured for ${cluster.name}`);
  const first = await readRing(lookOf(context));
  await context.pause(cluster.defrag.sampleMs);
  const { ring, trouble } = await readRing(lookOf(context), true);
  if (first.ring === null || ring === null || ring.localList) {
    const evidence =
      ring === null ? `no member answers: ${trouble || first.trouble}` : `no quorum: ${trouble || first.trouble}`;
    return {
      ...refused('cluster-unreachable', 'The ring answers', evidence),
      before: ring === null ? [] : [sizeTable(ring, 'etcd members')],
    };
  }
  const selection = selectMembers(ring, cluster.defrag, { named: params.members, all: params.all });
  const checks = preflight(first.ring, ring, selection);
  const blocked = checks.some((each) => each.verdict === 'block');
  const nospace = hasAlarm(ring, 'NOSPACE');
  const lines =
    blocked || selection.selected.length === 0
      ? { steps: [], forecast: [] }
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

function refused(id: string, title: string, evidence: string): PlanDraft {
  return {
    identity: '',
    facts: {},
    steps: [],
    gates: [],
    checks: [check(id, 'block', title, evidence)],
    forecast: [],
    notes: [],
    before: [],
  };
}

function notesOn(ring: Ring, selection: Selection, nospace: boolean): readonly string[] {
  const left = selection.left.map(({ member, reason }) => `${member.label} is left as it is: ${reason}.`);
  const taken = selection.selected.map(({ member, reason }) => `${member.label} is selected: ${reason}.`);
  const history =
    'Compaction drops old revisions for good: clients that page through old lists or watch from far back start again. Take a snapshot first if in doubt.';
  return [...taken, ...left, ...(nospace ? [history] : []), ...assumptions(ring)];
}
