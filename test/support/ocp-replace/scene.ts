import { z } from 'zod';
import type { CasePlan } from '../../../jobs/etcd-replace/case-plan.ts';
import { removedBefore } from '../../../jobs/etcd-replace/input.ts';
import { openshift } from '../../../jobs/etcd-replace/openshift/cases.ts';
import { moveLeaderStep } from '../../../jobs/steps/move-leader-step.ts';
import { nodeShellCleanup } from '../../../jobs/steps/node-shell.ts';
import { readRing } from '../../../jobs/steps/read-ring.ts';
import { removeMemberStep } from '../../../jobs/steps/remove-member-step.ts';
import type { ReplaceSettings } from '../../../src/core/cluster-profile.ts';
import type { ReplaceCase } from '../../../src/core/etcd/diagnosis/case.ts';
import type { MemberCondition } from '../../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed, Diagnosis, MachinePlace, MemberPlace } from '../../../src/core/etcd/diagnosis/evidence.ts';
import { plannedRing } from '../../../src/core/etcd/expected-ring.ts';
import type { RingMember } from '../../../src/core/etcd/ring.ts';
import { readMachine } from '../../../src/core/openshift/machine.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { defineRunbook } from '../../../src/core/runbook.ts';
import type { FakeEtcdOptions } from '../../fakes/etcd.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { ROOMY } from '../backup-scene.ts';
import { createFakeClock } from '../fake-clock.ts';
import { inTime } from '../in-fake-time.ts';
import { NO_PORTS } from '../no-ports.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from '../step-harness.ts';
import { addressOf } from './objects.ts';
import { createOcpWorld, type OcpKnobs, type OcpWorld } from './world.ts';

/** A replacement on OpenShift, in memory: `cp-2` is down, `cp-1` leads. */
export interface OcpScene {
  readonly world: OcpWorld;
  readonly harness: StepHarness;
  readonly plan: CasePlan;
  /** Plans anew, as things are now. */
  planAgain(): Promise<CasePlan>;
  /** Runs the lines of the plan, then puts back what is registered. */
  run(before?: (kind: string) => void): Promise<HarnessEnd & { readonly notPutBack: ReadonlyMap<string, string> }>;
  /** Names of voters, and of learners in brackets. */
  ring(): readonly string[];
  /** Announced calls with what was seen of them, in order. */
  acts(): readonly string[];
}

/** What a test may set. */
export interface OcpSceneOptions extends Partial<OcpKnobs> {
  readonly case?: ReplaceCase;
  readonly etcd?: Omit<FakeEtcdOptions, 'clock'>;
  /** The member was removed by hand before anybody asked. */
  readonly removed?: boolean;
  /** `cp-2` answers, votes, and has other data. Default: it is down. */
  readonly differs?: boolean;
  /** Called with the world before the plan is made. */
  readonly prepare?: (world: OcpWorld, harness: StepHarness) => void;
  readonly place?: Partial<MemberPlace>;
  /** Names of other members that were dead before. */
  readonly alsoDead?: readonly string[];
  /** A store, so that backups can be taken. */
  readonly backups?: BackupVault;
  readonly replace?: Partial<ReplaceSettings>;
}

const RUNBOOK = defineRunbook({
  id: 'test-replace',
  version: 1,
  title: 'Lines of OpenShift',
  params: z.strictObject({}),
  needs: ['etcd', 'kubernetes'],
  steps: [moveLeaderStep, removeMemberStep, ...openshift.steps],
  cleanups: [...openshift.cleanups, nodeShellCleanup],
  watches: [...openshift.watches],
  locks: () => [],
  plan: async () => await Promise.reject(new Error('planned by the case')),
});

/** Members that are called as their nodes, on the addresses of these. */
export const OCP_MEMBERS = ['cp-1', 'cp-2', 'cp-3'].map((name) => ({
  name,
  peerUrls: [`https://${addressOf(name)}:2380`],
  clientUrls: [`https://${addressOf(name)}:2379`],
}));

/** Makes the scene and plans the case (default `ocp-machine`). */
export async function ocpScene(options: OcpSceneOptions = {}): Promise<OcpScene> {
  const {
    case: id = 'ocp-machine',
    etcd = {},
    removed = false,
    differs = false,
    prepare,
    place = {},
    alsoDead = [],
    backups,
    replace = {},
    ...knobs
  } = options;
  const clock = createFakeClock();
  const machineSet = id === 'ocp-machine-cpms' ? 'Active' : 'absent';
  const world = createOcpWorld(clock, { machineSet, ...knobs }, id !== 'ocp-pod');
  const harness = createStepHarness({
    clock,
    etcd: { members: OCP_MEMBERS, leader: 'cp-1', ...etcd },
    cluster: { platform: 'openshift', nodeShell: { image: 'tools:1' }, backups: backups === undefined ? null : ROOMY },
    replace,
    kubernetes: world.port,
    ...(backups === undefined ? {} : { extra: { backups } }),
    runId: 'replace-ocp-test',
  });
  world.join(harness.etcd);
  const targetId = harness.etcd.member('cp-2').id;
  if (!differs) harness.etcd.kill('cp-2');
  if (removed) removeFrom(harness.etcd.ring, targetId);
  prepare?.(world, harness);
  const planAgain = async (): Promise<CasePlan> =>
    await inTime(
      clock,
      planCase({ world, harness }, id, { place, differs, alsoDead, targetId: removed ? null : targetId }),
    );
  const plan = await planAgain();
  const steps = plan.lines.map(({ step }) => step);
  return {
    world,
    harness,
    plan,
    planAgain,
    run: async (before) => {
      const end = await harness.run(RUNBOOK, steps, { before: (index) => before?.(steps[index]?.kind ?? '') });
      return { ...end, notPutBack: await harness.restoreCleanups(RUNBOOK) };
    },
    ring: () => harness.etcd.ring.members.map(({ name, isLearner }) => (isLearner ? `(${name})` : name)).toSorted(),
    acts: () => harness.acts.map(({ action, item, observed }) => `${action} ${item}: ${observed?.result ?? 'open'}`),
  };
}

async function planCase(
  { world, harness }: Pick<OcpScene, 'world' | 'harness'>,
  id: ReplaceCase,
  {
    place: some,
    targetId,
    differs,
    alsoDead,
  }: {
    readonly place: Partial<MemberPlace>;
    readonly targetId: string | null;
    readonly differs: boolean;
    readonly alsoDead: readonly string[];
  },
): Promise<CasePlan> {
  const { signal } = new AbortController();
  const { ring } = await readRing({ etcd: harness.etcd.port, signal, quotaBytes: null });
  if (ring === null) throw new Error('no ring');
  const place = { ...placeOf(world), ...some };
  const members = ring.members.map(
    (member): Diagnosed =>
      diagnosed(member, place, member.id !== targetId ? 'healthy' : differs ? 'data-differs' : 'down'),
  );
  const diagnosis: Diagnosis = { ring, members, withoutMember: [], looks: 3, overMs: 10_000, unseen: [] };
  const entry = openshift.cases.find((each) => each.id === id);
  if (entry === undefined) throw new Error(`no case ${id}`);
  const context = {
    ports: { ...NO_PORTS, etcd: harness.etcd.port, kubernetes: world.port },
    cluster: harness.cluster,
    signal,
    nowMs: () => harness.clock.nowMs(),
    nowIso: () => harness.clock.nowIso(),
    pause: async (ms: number) => await harness.clock.sleep(ms),
  };
  return await entry.plan(context, {
    case: id,
    params: { target: { kind: 'member', name: 'cp-2' }, backup: null, overHealthy: false, peerUrl: null, by: 'T0/U0' },
    diagnosis,
    planned: plannedRing(ring),
    target: members.find(({ member }) => member.id === targetId) ?? null,
    name: 'cp-2',
    place,
    alsoDead: ring.members.flatMap(({ id: memberId, label }) => (alsoDead.includes(label) ? [memberId] : [])),
  });
}

function diagnosed(member: RingMember, place: MemberPlace, condition: MemberCondition): Diagnosed {
  return {
    member,
    condition,
    evidence: [{ source: 'etcd', words: 'as the test says', since: null }],
    alsoSeen: [],
    place,
    lagTrend: null,
    wouldTell: '',
  };
}

function placeOf(world: OcpWorld): MemberPlace {
  const node = world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
  const object = world.fake.read({
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    namespace: 'openshift-machine-api',
    name: 'ocp-master-1',
  });
  const machine: MachinePlace | null =
    object === null
      ? null
      : {
          apiVersion: object.apiVersion,
          kind: object.kind,
          namespace: 'openshift-machine-api',
          name: 'ocp-master-1',
          uid: object.metadata.uid,
          providerId: readMachine(object).providerId,
          matchedBy: 'name-and-address',
          controller: 'none',
          controllerName: '',
          bareMetal: false,
        };
  return {
    node: 'cp-2',
    nodeUid: node?.metadata.uid ?? null,
    nodeState: node === null ? 'absent' : 'not-ready',
    machine,
    host: null,
    hostState: 'not-asked',
    peerUrl: 'https://10.0.0.12:2380',
    matchedBy: 'name-and-address',
  };
}

/** Whether the harness has seen the removal. */
export function isRemoved(harness: StepHarness): boolean {
  return removedBefore(harness.outputs) !== null;
}
