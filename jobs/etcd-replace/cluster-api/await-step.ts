import { z } from 'zod';
import { controllerWords } from '../../../src/core/cluster-api/remediation.ts';
import {
  type ReplacementSeen,
  type ReplacementStage,
  replacementSeen,
} from '../../../src/core/cluster-api/replacement.ts';
import type { ReplaceSettings } from '../../../src/core/cluster-profile.ts';
import { wayTrouble, whyUnseen } from '../../../src/core/etcd/access.ts';
import { driftBeyond } from '../../../src/core/etcd/expected-ring.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import { hasAlarm, type Ring, type RingMember } from '../../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../../src/core/ports/etcd.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { formatSpan, spanAsSet } from '../../../src/core/time.ts';
import { ringReport, sickVoters, sickWords, votersWords } from '../../steps/changed-ring.ts';
import { FORWARD_MS, gateGraceMs } from '../../steps/pass-gate.ts';
import { lookOf, readRing } from '../../steps/read-ring.ts';
import { RingOutput } from '../input.ts';
import { goesOn } from './goes-on.ts';
import { AwaitInput, type ControllerInput } from './input.ts';
import { type ManagementView, readManagement } from './read-management.ts';
import { WITHDRAW_ID } from './withdraw.ts';

type Context = StepContext<'etcd' | 'management'>;

const Since = z.number().nullable();
const AwaitState = z.object({
  /** What is waited for, and since when, ms since the epoch. */
  waitFor: z.enum(['begin', 'ending', 'leaving', 'machine', 'join']).nullable(),
  since: Since,
  /** Since when another voter is seen sick, ms. */
  sickSince: Since,
  /** Since when the ring, or the management cluster, cannot be seen, ms. */
  ringUnseenSince: Since,
  managementUnseenSince: Since,
  /** The request is no longer to be taken back. */
  begun: z.boolean(),
});
type AwaitState = z.infer<typeof AwaitState>;
type Answer = StepAnswer<AwaitState, RingOutput>;

/** How long a controller may take to begin. */
const BEGIN_MS = 10 * 60_000;
/** How long the management cluster may be silent: what was begun goes on by itself. */
const MANAGEMENT_SILENT_MS = 15 * 60_000;
/** Nothing configured is longer. */
const LIMIT_MS = 24 * 3_600_000;

type WaitFor = Exclude<AwaitState['waitFor'], null>;
const WAIT_FOR: Readonly<Record<ReplacementStage, WaitFor>> = {
  'not-begun': 'begin',
  deleting: 'ending',
  'member-leaving': 'leaving',
  creating: 'machine',
  booting: 'machine',
  joining: 'join',
  learner: 'join',
  'catching-up': 'join',
  'machine-ending': 'ending',
  in: 'join',
};

/**
 * Waits until the controller has replaced the machine: the old one and its member gone, the new one there, its member a healthy voter.
 * Changes nothing. Another voter that falls ill is waited for, because the way out is forward: longer once the controller has begun.
 */
export const awaitReplacementStep = defineStep({
  kind: 'capi.await@1',
  input: AwaitInput,
  state: AwaitState,
  output: RingOutput,
  needs: ['etcd', 'management'],
  risk: 'read',
  timeoutMs: () => LIMIT_MS,
  retry: { attempts: 5, backoffMs: 5000 },
  describe: ({ owner, machine, member }) =>
    `Wait until ${owner.kind} ${owner.name} has replaced machine ${machine.name}${member === null ? '' : `: member ${memberWords(member)} gone, a new one voting`}`,
  items: () => [],
  initial: ({ deleted }) => ({
    waitFor: null,
    since: null,
    sickSince: null,
    ringUnseenSince: null,
    managementUnseenSince: null,
    begun: deleted,
  }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const [{ ring, trouble }, management] = await Promise.all([
      readRing(lookOf(context)),
      readManagement(context.ports.management, input.cluster, context.signal),
    ]);
    if (ring === null || ring.localList) return ringUnseen(context, input, state, trouble);
    if (!management.ok) return managementUnseen(context, state, management.why);
    return await judge(
      context,
      input,
      { ...state, ringUnseenSince: null, managementUnseenSince: null },
      { ring, view: management.view },
    );
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes[0] ?? 'the machine is replaced' }),
});

interface Seen {
  readonly ring: Ring;
  readonly view: ManagementView;
}

async function judge(context: Context, input: AwaitInput, state: AwaitState, { ring, view }: Seen): Promise<Answer> {
  if (hasAlarm(ring, 'CORRUPT')) return { kind: 'stop', reason: 'corrupt-alarm', note: 'A CORRUPT alarm is active.' };
  const before = {
    member: input.member?.id ?? '',
    machine: input.machine,
    otherMachines: input.otherMachines,
    owner: input.owner.uid,
    members: input.ring.members.map(({ id }) => id),
  };
  const seen = replacementSeen(before, view.machines, ring);
  const begun = await withdrawNoMore(context, state, seen);
  const drift = driftBeyond(input.ring, changesSeen(input, seen), ring);
  const strange = [...seen.unexpected, ...drift];
  if (strange.length > 0) {
    const note = `${strange.join('; ')}. ${goesOn(input)}`;
    return {
      kind: 'stop',
      reason: ring.clusterId === input.ring.clusterId ? 'foreign-operation' : 'plan-drifted',
      note,
    };
  }
  const sick = sickOthers(ring, input);
  const sickSince = sick.length === 0 ? null : (state.sickSince ?? context.nowMs());
  if (sickSince !== null && context.nowMs() - sickSince >= graceMs(context, begun))
    return {
      kind: 'stop',
      reason: begun ? 'ring-thin' : 'second-member-sick',
      note: `${sickWords(sick)}. ${votersWords(ring)}. ${restWords(input, begun)}`,
    };
  if (seen.stage === 'in' && sick.length === 0 && isReady(seen, input)) return done(context, input, ring, seen);
  const waitFor = WAIT_FOR[seen.stage];
  const since = state.waitFor === waitFor && state.since !== null ? state.since : context.nowMs();
  const waitedMs = context.nowMs() - since;
  const limitMs = limitOf(waitFor, context.cluster.replace);
  if (waitedMs >= limitMs) return tooLong(input, view, seen, limitMs);
  const long = waitedMs < 1000 ? '' : `, for ${formatSpan(waitedMs)}`;
  const also = sick.length === 0 ? '' : ` ${sickWords(sick)}.`;
  const note = `${seen.words.charAt(0).toUpperCase()}${seen.words.slice(1)}${long}. ${votersWords(ring)}.${also}`;
  return {
    kind: 'again',
    afterMs: context.cluster.defrag.sampleMs,
    state: { ...state, waitFor, since, sickSince, begun },
    note,
  };
}

/** How long a sick voter, or a ring that nobody sees, is waited for, ms. */
function graceMs({ cluster }: Context, begun: boolean): number {
  return begun ? FORWARD_MS : gateGraceMs(cluster.defrag.sampleMs);
}

/** From its deletion on the machine takes the annotation with it. */
async function withdrawNoMore(context: Context, state: AwaitState, { stage }: ReplacementSeen): Promise<boolean> {
  if (state.begun || stage === 'not-begun') return state.begun;
  await context.cleanedUp(WITHDRAW_ID);
  return true;
}

/** Only machines with a node tell that they run; those of external etcd have none. */
function isReady({ newMachine }: ReplacementSeen, { owner }: ControllerInput): boolean {
  return owner.kind === 'EtcdadmCluster' || newMachine?.phase === 'Running';
}

function changesSeen({ member }: ControllerInput, { memberGone }: ReplacementSeen) {
  const gone = member !== null && memberGone ? [{ removed: member.id }] : [];
  return [...gone, { added: { peerUrls: null, hosts: [] } }];
}

/** Voters that were there before, the replaced one left out. */
function sickOthers(ring: Ring, { ring: planned, member, alsoDead }: ControllerInput): readonly RingMember[] {
  const fresh = ring.members.filter(({ id }) => !planned.members.some((each) => each.id === id)).map(({ id }) => id);
  return sickVoters(ring, [...(member === null ? [] : [member.id]), ...alsoDead, ...fresh]);
}

function limitOf(waitFor: WaitFor, settings: ReplaceSettings): number {
  if (waitFor === 'begin') return BEGIN_MS;
  return waitFor === 'machine' || waitFor === 'ending' ? settings.machineReadyMs : settings.joinedMs;
}

const TOO_LONG: Readonly<Record<ReplacementStage, EndReason>> = {
  'not-begun': 'controller-refused',
  deleting: 'machine-stuck',
  'member-leaving': 'operator-stuck',
  creating: 'machine-not-ready',
  booting: 'machine-not-ready',
  joining: 'member-not-joined',
  learner: 'learner-behind',
  'catching-up': 'learner-behind',
  'machine-ending': 'machine-stuck',
  in: 'machine-not-ready',
};

function tooLong(input: ControllerInput, view: ManagementView, seen: ReplacementSeen, limitMs: number): Answer {
  const target = view.machines.find((each) => each.uid === input.machine.uid) ?? null;
  const said = controllerWords(view.controlPlane, target);
  const words = [`For ${spanAsSet(limitMs)}: ${seen.words}`, ...said].join('. ');
  const rest = restWords(input, seen.stage !== 'not-begun');
  return { kind: 'stop', reason: TOO_LONG[seen.stage], note: `${words}. ${rest}` };
}

/** What goes on after the end of the run. */
function restWords(input: ControllerInput, begun: boolean): string {
  return begun ? goesOn(input) : 'Nothing was removed, and the request is taken back.';
}

/** That the ring is lost is said only where it was the ring that did not answer. */
function ringUnseen(context: Context, input: ControllerInput, state: AwaitState, trouble: EtcdError | null): Answer {
  const why = whyUnseen(trouble);
  const ringUnseenSince = state.ringUnseenSince ?? context.nowMs();
  if (context.nowMs() - ringUnseenSince < graceMs(context, state.begun))
    return { ...wait(context, { ...state, ringUnseenSince }, ''), note: `Waiting: ${why}` };
  const refused = wayTrouble(trouble) !== null;
  return {
    kind: 'stop',
    reason: refused ? 'access-refused' : state.begun ? 'ring-thin' : 'quorum-at-risk',
    note: `${why.replace(/\.$/, '')}. ${restWords(input, state.begun)}`,
  };
}

function managementUnseen(context: Context, state: AwaitState, why: string): Answer {
  const managementUnseenSince = state.managementUnseenSince ?? context.nowMs();
  if (context.nowMs() - managementUnseenSince >= MANAGEMENT_SILENT_MS)
    return { kind: 'stop', reason: 'outcome-unknown', note: `${why}. What was begun goes on by itself, unseen.` };
  return wait(context, { ...state, managementUnseenSince }, why);
}

function wait(context: Context, state: AwaitState, why: string): Answer & { readonly kind: 'again' } {
  return { kind: 'again', afterMs: context.cluster.defrag.sampleMs, state, note: `Waiting: ${why}.` };
}

function done(context: Context, input: ControllerInput, ring: Ring, { newMember, words }: ReplacementSeen): Answer {
  const report = ringReport(context, ring, [`${words}.`]);
  const added = newMember === null ? null : { id: newMember.id, peerUrls: [...newMember.member.peerUrls] };
  return { kind: 'done', output: { removed: input.member?.id ?? null, added, aside: null, report }, note: words };
}
