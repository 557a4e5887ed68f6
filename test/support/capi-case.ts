import { z } from 'zod';
import { assemble } from '../../jobs/etcd-replace/assemble.ts';
import type { CaseBasis } from '../../jobs/etcd-replace/case-plan.ts';
import { clusterApi } from '../../jobs/etcd-replace/cluster-api/cases.ts';
import { lookOf, readRing } from '../../jobs/steps/read-ring.ts';
import type { MemberCondition } from '../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { plannedRing } from '../../src/core/etcd/expected-ring.ts';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import { type AnyRunbook, defineRunbook } from '../../src/core/runbook.ts';
import { CAPI_MEMBERS, type CapiWorld, type CapiWorldOptions, createCapiWorld } from './capi-world.ts';
import { createFakeClock } from './fake-clock.ts';
import { createStepHarness, type HarnessOptions, type StepHarness } from './step-harness.ts';

/** The lines of a case of Cluster API alone: no backup, no watch, no verification. */
function runbookOf(id: 'kcp' | 'eksa-etcd', condition: MemberCondition): AnyRunbook {
  return defineRunbook({
    id: 'etcd-replace',
    version: 1,
    title: 'Replace an etcd member',
    params: z.strictObject({}),
    needs: ['etcd', 'kubernetes', 'management', 'hosts', 'backups'],
    steps: clusterApi.steps,
    cleanups: clusterApi.cleanups,
    locks: () => [],
    plan: async (context) => {
      const { ring } = await readRing(lookOf(context));
      const entry = clusterApi.cases.find((each) => each.id === id);
      if (ring === null || entry === undefined) throw new Error('no ring, or no such case');
      const { lines, checks, facts, notes, locks = [] } = await entry.plan(context, basisOf(ring, id, condition));
      const planned = assemble(lines);
      return { identity: ring.clusterId, facts, ...planned, checks, notes, before: [], locks };
    },
  });
}

/** `cp-2` is the one to go; everybody else is what the ring says. */
function basisOf(ring: Ring, id: 'kcp' | 'eksa-etcd', condition: MemberCondition): CaseBasis {
  const members = ring.members.map((member) => diagnosed(member, condition));
  const target = members.find(({ member }) => member.label === 'cp-2') ?? null;
  return {
    case: id,
    params: { target: { kind: 'member', name: 'cp-2' }, backup: null, overHealthy: false, peerUrl: null, by: 'T0/U0' },
    diagnosis: { ring, members, withoutMember: [], looks: 3, overMs: 10_000, unseen: [] },
    planned: plannedRing(ring),
    target,
    name: 'cp-2',
    place: target?.place ?? placeOf('cp-2', ''),
    alsoDead: [],
  };
}

function diagnosed(member: RingMember, condition: MemberCondition): Diagnosed {
  const isTarget = member.label === 'cp-2';
  return {
    member,
    condition: isTarget ? condition : isHealthyVoter(member) ? 'healthy' : 'silent',
    evidence: [{ source: 'etcd', words: 'as the test has it', since: null }],
    alsoSeen: [],
    place: placeOf(member.label, member.member.peerUrls[0] ?? ''),
    lagTrend: null,
    wouldTell: '',
  };
}

function placeOf(node: string, peerUrl: string): MemberPlace {
  return {
    node,
    nodeUid: `uid-of-${node}`,
    nodeState: 'not-ready',
    machine: null,
    host: null,
    hostState: 'not-asked',
    peerUrl,
    matchedBy: 'name-and-address',
  };
}

/** A ring whose `cp-2` is dead, its management cluster, and steps that run over them. */
export interface CapiCase {
  readonly harness: StepHarness;
  readonly world: CapiWorld;
  readonly runbook: AnyRunbook;
}

/** Makes it. */
export function createCapiCase(
  options: CapiWorldOptions & { readonly condition?: MemberCondition; readonly harness?: HarnessOptions } = {},
): CapiCase {
  const clock = createFakeClock();
  const made: { harness?: StepHarness } = {};
  const world = createCapiWorld(
    () => {
      if (made.harness === undefined) throw new Error('asked too early');
      return made.harness.etcd;
    },
    () => clock.nowIso(),
    options,
  );
  const harness = createStepHarness({
    clock,
    runId: 'replace-prod-7f3k',
    etcd: { members: CAPI_MEMBERS, leader: 'cp-1' },
    cluster: { platform: 'cluster-api', management: { namespace: 'prod' } },
    kubernetes: world.workload.port,
    extra: { management: world.port },
    // Short, so that few looks show what would happen.
    replace: { machineReadyMs: 3 * 60_000, joinedMs: 2 * 60_000 },
    ...options.harness,
  });
  made.harness = harness;
  harness.etcd.kill('cp-2');
  return { harness, world, runbook: runbookOf('kcp', options.condition ?? 'machine-stopped') };
}
