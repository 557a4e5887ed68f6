import { expect } from 'vitest';
import { z } from 'zod';
import { assemble } from '../../jobs/etcd-replace/assemble.ts';
import type { CaseBasis } from '../../jobs/etcd-replace/case-plan.ts';
import { clusterApi } from '../../jobs/etcd-replace/cluster-api/cases.ts';
import { moveLeaderStep } from '../../jobs/steps/move-leader-step.ts';
import { lookOf, readRing } from '../../jobs/steps/read-ring.ts';
import type { ReplaceSettings } from '../../src/core/cluster-profile.ts';
import type { MemberCondition } from '../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { plannedRing } from '../../src/core/etcd/expected-ring.ts';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { BackupVault } from '../../src/core/ports/backup-vault.ts';
import { type AnyRunbook, defineRunbook } from '../../src/core/runbook.ts';
import { ROOMY } from './backup-scene.ts';
import { CAPI_MEMBERS, type CapiWorld, type CapiWorldOptions, createCapiWorld } from './capi-world.ts';
import { createEksaWorld, EKSA_MEMBERS, type EksaWorld, type EksaWorldOptions } from './eksa-world.ts';
import { createFakeClock } from './fake-clock.ts';
import { createStepHarness, type HarnessOptions, type StepHarness } from './step-harness.ts';

type CaseId = 'kcp' | 'eksa-etcd';
/** Who goes. */
const TARGETS = { kcp: 'cp-2', 'eksa-etcd': 'etcd-2' } as const;

/** The lines of a case of Cluster API alone: no backup, no watch, no verification. */
function runbookOf(id: CaseId, condition: MemberCondition): AnyRunbook {
  return defineRunbook({
    id: 'etcd-replace',
    version: 1,
    title: 'Replace an etcd member',
    params: z.strictObject({}),
    needs: ['etcd', 'kubernetes', 'management', 'hosts', 'backups'],
    steps: [...clusterApi.steps, moveLeaderStep],
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

/** One is the one to go; everybody else is what the ring says. */
function basisOf(ring: Ring, id: CaseId, condition: MemberCondition): CaseBasis {
  const name = TARGETS[id];
  const members = ring.members.map((member) => diagnosed(member, name, condition));
  const target = members.find(({ member }) => member.label === name) ?? null;
  return {
    case: id,
    params: { target: { kind: 'member', name }, backup: null, overHealthy: false, peerUrl: null, by: 'T0/U0' },
    diagnosis: { ring, members, withoutMember: [], looks: 3, overMs: 10_000, unseen: [] },
    planned: plannedRing(ring),
    target,
    name,
    place: target?.place ?? placeOf(name, ''),
    alsoDead: [],
  };
}

function diagnosed(member: RingMember, target: string, condition: MemberCondition): Diagnosed {
  const isTarget = member.label === target;
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

/** What both may be given besides. */
interface SmallRing {
  /** A store, so that backups can be taken; the ring is small then. */
  readonly backups?: BackupVault;
  /** Shorter times. */
  readonly replace?: Partial<ReplaceSettings>;
}

const SMALL = { dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 };

function backupSettings({ backups }: SmallRing) {
  return backups === undefined ? {} : { backups: ROOMY };
}

function storeOf({ backups }: SmallRing) {
  return backups === undefined ? {} : { backups };
}

function small<T extends object>(members: readonly T[], { backups }: SmallRing): readonly T[] {
  return backups === undefined ? members : members.map((each) => ({ ...each, ...SMALL }));
}

/** Makes it. */
export function createCapiCase(
  options: CapiWorldOptions &
    SmallRing & { readonly condition?: MemberCondition; readonly harness?: HarnessOptions } = {},
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
    etcd: { members: small(CAPI_MEMBERS, options), leader: 'cp-1' },
    cluster: { platform: 'cluster-api', management: { namespace: 'prod' }, ...backupSettings(options) },
    kubernetes: world.workload.port,
    extra: { management: world.port, ...storeOf(options) },
    // Short, so that few looks show what would happen.
    replace: { machineReadyMs: 3 * 60_000, joinedMs: 2 * 60_000, ...options.replace },
    ...options.harness,
  });
  made.harness = harness;
  // One that is sick in another way answers.
  if (options.condition !== 'data-differs') harness.etcd.kill('cp-2');
  return { harness, world, runbook: runbookOf('kcp', options.condition ?? 'machine-stopped') };
}

/** External etcd of EKS Anywhere whose `etcd-2` is dead. */
export interface EksaCase {
  readonly harness: StepHarness;
  readonly world: EksaWorld;
  readonly runbook: AnyRunbook;
}

/** Makes it. */
export function createEksaCase(options: EksaWorldOptions & SmallRing = {}): EksaCase {
  const clock = createFakeClock();
  const made: { harness?: StepHarness } = {};
  const world = createEksaWorld(
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
    etcd: { members: small(EKSA_MEMBERS, options), leader: 'etcd-1' },
    cluster: { platform: 'eks-anywhere', management: { namespace: 'prod' }, ...backupSettings(options) },
    kubernetes: world.workload.port,
    extra: { management: world.port, ...storeOf(options) },
    replace: { machineReadyMs: 60_000, joinedMs: 60_000, ...options.replace },
  });
  made.harness = harness;
  harness.etcd.kill('etcd-2');
  return { harness, world, runbook: runbookOf('eksa-etcd', 'down') };
}

/** The plan of a case, and what blocks it. */
export async function planOf(scene: CapiCase | EksaCase) {
  const draft = await scene.harness.plan(scene.runbook, {});
  return { draft, blocks: draft.checks.filter(({ verdict }) => verdict === 'block') };
}

/** Runs the steps of a plan that nothing blocks. */
export async function ran(scene: CapiCase | EksaCase) {
  const { draft, blocks } = await planOf(scene);
  expect(blocks).toEqual([]);
  return await scene.harness.run(scene.runbook, draft.steps);
}

/** Names of those who vote. */
export function votersIn({ harness }: CapiCase | EksaCase): readonly string[] {
  return harness.etcd.ring.members.filter(({ isLearner }) => !isLearner).map(({ name }) => name);
}
