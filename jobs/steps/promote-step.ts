import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { answerOf, callWords, refusalReason } from '../etcd-defrag/call-error.ts';
import { addedBefore, changesOf, RingInput, RingOutput } from '../etcd-replace/input.ts';
import { chooseVia, notAllWell, ringReport, seeChanged, votersWords } from './changed-ring.ts';
import { DROP_LEARNER } from './drop-learner.ts';
import { FORWARD_MS, waitForwardOrStop } from './pass-gate.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';

/** Name of the announced call. */
export const PROMOTE = 'promote';

/** Input of `etcd.promote@1`. The learner is the one that a step before it added. */
export const PromoteInput = RingInput.extend({
  /** What the new member is to be called; for words. Empty: somebody else added it and names it, and it stays in the list whatever becomes of it. */
  name: z.string(),
  /** How long it may take to be started, ms. */
  joinedMs: z.number().int().positive(),
  /** How long it may take to catch up then, ms. */
  caughtUpMs: z.number().int().positive(),
  /** Nothing was removed before, so that nobody is promoted unless all voters are well. Absent: the ring is a member short. */
  allWell: z.literal(true).optional(),
});
export type PromoteInput = z.infer<typeof PromoteInput>;

const PromoteState = z.object({
  /** Since when it is waited for, ms since the epoch. */
  since: z.number().nullable(),
  /** Since when it answers. */
  answersSince: z.number().nullable(),
  /** Entries it was behind when it first answered. */
  firstLag: z.number().nullable(),
  /** Since when the ring cannot be seen. */
  waitingSince: z.number().nullable(),
});
type PromoteState = z.infer<typeof PromoteState>;
type PromoteAnswer = StepAnswer<PromoteState, RingOutput>;
const AT_FIRST: PromoteState = { since: null, answersSince: null, firstLag: null, waitingSince: null };

/** etcd promotes who has 90 % of the leader's log; asked only when it is well above, each refusal is a call in the record. */
const CLOSE_ENTRIES = 1000n;

/** Makes the learner a voter when it has caught up. */
export const promoteStep = defineStep({
  kind: 'etcd.promote@1',
  input: PromoteInput,
  state: PromoteState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'disruptive',
  timeoutMs: ({ joinedMs, caughtUpMs }) => joinedMs + caughtUpMs + 60 * 60_000,
  retry: ONCE,
  describe: ({ name, caughtUpMs }) =>
    `Promote ${name === '' ? 'the learner' : name} to a voter when it has caught up, for which it has ${formatSpan(caughtUpMs)}`,
  items: ({ name }) => (name === '' ? [] : [itemOf(name)]),
  initial: () => AT_FIRST,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.open !== null) return await settle(context, input, state, null);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait') {
      const reason = seen.reason === 'quorum-at-risk' ? 'ring-thin' : seen.reason;
      return waitForwardOrStop(context, state.waitingSince, { ...seen, reason }, (waitingSince) => ({
        ...state,
        waitingSince,
      }));
    }
    const sick = input.allWell === true ? notAllWell(seen.ring, [learnerIn(context, seen.ring)?.id ?? '']) : null;
    // An election or a defragmentation passes, and a person may have built that host for hours.
    if (sick !== null)
      return waitForwardOrStop(context, state.waitingSince, sick, (waitingSince) => ({ ...state, waitingSince }));
    return await promoteWhenReady(context, input, resumed(state, context.nowMs()), seen.ring);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

/** What was spent on waiting for the ring, or for another voter, is not taken from the time of the learner. */
function resumed(state: PromoteState, nowMs: number): PromoteState {
  const { since, answersSince, waitingSince } = state;
  const spentMs = waitingSince === null ? 0 : nowMs - waitingSince;
  return {
    ...state,
    since: since === null ? null : since + spentMs,
    answersSince: answersSince === null ? null : answersSince + spentMs,
    waitingSince: null,
  };
}

/** How the new member is called in the plan, where its id is not known yet. */
function itemOf(name: string): string {
  return `${name}, the new member`;
}

/** The entry that was added; `null`: it is gone. */
function learnerIn(context: StepContext<'etcd'>, ring: Ring): RingMember | null {
  const added = addedBefore(context.outputs);
  return ring.members.find(({ id }) => id === added?.id) ?? null;
}

async function promoteWhenReady(
  context: StepContext<'etcd'>,
  input: PromoteInput,
  state: PromoteState,
  ring: Ring,
): Promise<PromoteAnswer> {
  const learner = learnerIn(context, ring);
  if (learner === null)
    return { kind: 'stop', reason: 'plan-drifted', note: 'The learner that was added is gone again.' };
  if (!learner.learner) return await done(context, ring, learner);
  const since = state.since ?? context.nowMs();
  const words = memberWords(learner.member);
  const strange = strangeData(ring, learner);
  if (strange !== null) return { kind: 'stop', reason: 'old-data-joined', note: strange };
  if (learner.status === null) {
    const waited = context.nowMs() - since;
    const how = learner.started ? `does not answer (${learner.trouble ?? 'nobody said why'})` : 'was not started yet';
    if (waited >= input.joinedMs)
      return {
        kind: 'stop',
        reason: 'member-not-joined',
        note: `${words} ${how}, after ${formatSpan(waited)}. ${votersWords(ring)}.`,
      };
    return again(context, { ...state, since }, `Waiting: ${words} ${how}. ${votersWords(ring)}.`);
  }
  const leader = ring.members.find(({ isLeader }) => isLeader);
  const behind = behindBy(learner, ring);
  const answersSince = state.answersSince ?? context.nowMs();
  const firstLag = state.firstLag ?? Number(behind);
  const next = { ...state, since, answersSince, firstLag };
  const caughtUp = behind <= CLOSE_ENTRIES && leader !== undefined;
  if (caughtUp) {
    const via = chooseVia(ring, [learner.id]);
    if (via !== null) return await promote(context, input, next, { learner, via, behind });
  }
  return late(context, input, next, `${words} is ${behind} entries behind`, ring);
}

/** Of the log of the most advanced voter. */
function behindBy(learner: RingMember, ring: Ring): bigint {
  const heads = ring.members.flatMap(({ status, learner: isLearner }) =>
    status === null || isLearner ? [] : [status.raftIndex],
  );
  const head = heads.reduce((max, each) => (each > max ? each : max), 0n);
  const own = learner.status?.raftAppliedIndex ?? 0n;
  return head > own ? head - own : 0n;
}

/** Words of the ring, and of the port for `wrong-member`, on who answers at an address that is not his. */
const STRANGER = /^another (?:member|ring) \(|: (?:member|cluster) [0-9a-f]+ answered\b/;

/** Who answers at its address with another id, or from another ring, was started with data of its own. */
function strangeData(ring: Ring, { member, trouble, status }: RingMember): string | null {
  if (status !== null || trouble === null || !STRANGER.test(trouble)) return null;
  return `${memberWords(member)}: ${trouble}. It was started with the data of a removed member or of another ring (this is ${ring.clusterId}). Move its data directory aside; the entry was not promoted.`;
}

function again(context: StepContext<'etcd'>, state: PromoteState, note: string): PromoteAnswer {
  return { kind: 'again', afterMs: context.cluster.defrag.sampleMs, state, note };
}

function late(
  context: StepContext<'etcd'>,
  { caughtUpMs, name }: PromoteInput,
  state: PromoteState,
  behind: string,
  ring: Ring,
): PromoteAnswer {
  const waited = context.nowMs() - (state.answersSince ?? context.nowMs());
  if (waited < caughtUpMs) return again(context, state, `Waiting: ${behind}. ${votersWords(ring)}.`);
  const note = `${behind} after ${formatSpan(waited)}, it was ${state.firstLag ?? 0} at first. ${name === '' ? 'It stays in the list as a learner: this run did not add it.' : 'It is taken out of the list again.'}`;
  return { kind: 'stop', reason: 'learner-behind', note };
}

interface Ready {
  readonly learner: RingMember;
  readonly via: RingMember;
  readonly behind: bigint;
}

async function promote(
  context: StepContext<'etcd'>,
  input: PromoteInput,
  state: PromoteState,
  { learner, via, behind }: Ready,
): Promise<PromoteAnswer> {
  const words = memberWords(learner.member);
  await context.progress(`Promoting ${words}, through ${via.label}; ${behind} entries behind.`);
  const item = input.name === '' ? words : itemOf(input.name);
  const facts = { id: learner.id, clusterId: input.ring.clusterId, via: memberWords(via.member) };
  const result = await context.act({ item, action: PROMOTE, facts }, async (signal) => {
    const call = { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal, via: via.member };
    return await context.ports.etcd.promote(learner.id, call);
  });
  return await settle(context, input, state, result.ok ? null : result.error);
}

/** How long it must go on being a learner after a call without a certain answer, ms. */
const LATE_MS = 20_000;
/** A promotion is announced so often when it gets no certain answer; and at most, with what it was told that it is too early. */
const MAX_ANNOUNCED = 2;
const MOST_ANNOUNCED = 6;

/** Whoever made the call and whatever it answered: a voter in the list is promoted. */
async function settle(
  context: StepContext<'etcd'>,
  input: PromoteInput,
  state: PromoteState,
  error: EtcdError | null,
): Promise<PromoteAnswer> {
  const seen = await watchPromotion(context, input, error);
  await context.observed({ result: seen.result, note: seen.text, evidence: null });
  if (seen.result === 'done') return await done(context, seen.ring, seen.learner);
  if (seen.result === 'unknown')
    return { kind: 'stop', reason: 'outcome-unknown', note: `${seen.text}.${callWords(error)}` };
  if (error?.refusal === 'learner-behind')
    return late(context, input, state, `${memberWords(seen.learner.member)} has not caught up, says etcd`, seen.ring);
  if (error !== null && answerOf(error.code) === 'refused')
    return { kind: 'stop', reason: refusalReason(error), note: `The learner was not promoted.${callWords(error)}` };
  if (context.acts.length >= (error === null ? MOST_ANNOUNCED : MAX_ANNOUNCED))
    return { kind: 'stop', reason: 'call-without-effect', note: `${seen.text}.${callWords(error)}` };
  return again(context, state, `${seen.text}: the promotion is still due.`);
}

type SeenPromotion =
  | { readonly result: 'done' | 'not-done'; readonly ring: Ring; readonly learner: RingMember; readonly text: string }
  | { readonly result: 'unknown'; readonly text: string };

async function watchPromotion(
  context: StepContext<'etcd'>,
  input: PromoteInput,
  error: EtcdError | null,
): Promise<SeenPromotion> {
  const refused = error !== null && answerOf(error.code) === 'refused';
  const { sampleMs } = context.cluster.defrag;
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const beganMs = context.nowMs();
  let stillSince: number | null = null;
  let last = 'nobody tells';
  for (;;) {
    const seen = await seeChanged(context, expected);
    const learner = seen.kind === 'go' ? learnerIn(context, seen.ring) : null;
    if (seen.kind === 'go' && learner !== null) {
      const words = memberWords(learner.member);
      if (!learner.learner) return { result: 'done', ring: seen.ring, learner, text: `${words} is a voter` };
      stillSince ??= context.nowMs();
      last = `${words} is still a learner`;
      if (refused || context.nowMs() - stillSince >= LATE_MS)
        return { result: 'not-done', ring: seen.ring, learner, text: last };
    } else {
      stillSince = null;
      last = seen.kind === 'go' ? 'the entry is gone' : seen.note.replace(/\.$/, '');
    }
    if (context.nowMs() - beganMs >= FORWARD_MS)
      return { result: 'unknown', text: `whether it was promoted cannot be told: ${last}` };
    await context.pause(sampleMs);
  }
}

async function done(context: StepContext<'etcd'>, ring: Ring, learner: RingMember): Promise<PromoteAnswer> {
  await context.cleanedUp(DROP_LEARNER);
  const words = memberWords(learner.member);
  const report = ringReport(context, ring, [`${words} is a voter.`]);
  const output: RingOutput = { removed: null, added: null, aside: null, report };
  return { kind: 'done', output, note: `${words} is a voter. ${votersWords(ring)}.` };
}
