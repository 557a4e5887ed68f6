import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdError, EtcdMember } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { answerOf, callWords, refusalReason } from '../etcd-defrag/call-error.ts';
import { changesOf, RingInput, RingOutput } from '../etcd-replace/input.ts';
import { chooseVia, notAllWell, ringReport, seeChanged, votersWords } from './changed-ring.ts';
import { DROP_LEARNER, dropLearnerCleanup, entryWith } from './drop-learner.ts';
import { FORWARD_MS, waitForwardOrStop } from './pass-gate.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';

/** Name of the announced call. */
export const ADD_LEARNER = 'add-learner';

/** Input of `etcd.add-learner@1`. */
export const AddInput = RingInput.extend({
  /** What the new member is to be called; for words: the list has it when it was started. */
  name: z.string(),
  peerUrls: z.array(z.string().min(1)).min(1),
  /** Nothing was removed before, so that nothing is added unless all voters are well. Absent: the ring is a member short. */
  allWell: z.literal(true).optional(),
});
export type AddInput = z.infer<typeof AddInput>;

const AddState = z.object({ waitingSince: z.number().nullable() });
type AddState = z.infer<typeof AddState>;
type AddAnswer = StepAnswer<AddState, RingOutput>;
const AddFacts = z.object({ before: z.array(z.string()) });

/**
 * Adds a learner to the member list. It does not vote, so that nothing depends on it before it was promoted; in every ending before that it is taken
 * out again.
 */
export const addLearnerStep = defineStep({
  kind: 'etcd.add-learner@1',
  input: AddInput,
  state: AddState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'disruptive',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ name, peerUrls }) => `Add ${name === '' ? 'a member' : name} as a learner with ${peerUrls.join(', ')}`,
  items: ({ peerUrls }) => [peerUrls.join(', ')],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { open } = context;
    if (open !== null) return await settle(context, input, state, { before: beforeOf(open.facts), error: null });
    const done = context.acts.findLast(({ observed }) => observed?.result === 'done');
    if (done !== undefined) return await finish(context, input, state, beforeOf(done.facts));
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    return await addWhenSafe(context, input, state);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

function beforeOf(facts: unknown): readonly string[] {
  const read = AddFacts.safeParse(facts);
  return read.success ? read.data.before : [];
}

/** etcd wants to have seen the others for 5 s, so two looks that far apart come first. */
async function addWhenSafe(context: StepContext<'etcd'>, input: AddInput, state: AddState): Promise<AddAnswer> {
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const first = await seeChanged(context, expected);
  if (first.kind === 'stop') return first;
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await seeChanged(context, expected);
  if (second.kind === 'stop') return second;
  if (second.kind === 'wait') return waitOrThin(context, state, second);
  const { ring } = second;
  const sick = input.allWell === true ? notAllWell(ring) : null;
  if (sick !== null) return waitOrThin(context, state, sick);
  const taken = ring.members.find(({ member }) => member.peerUrls.some((url) => input.peerUrls.includes(url)));
  if (taken !== undefined) {
    const note = `${memberWords(taken.member)} has that peer URL already.`;
    return { kind: 'stop', reason: 'plan-drifted', note };
  }
  const via = first.kind === 'go' && ring.leaderId !== null ? chooseVia(ring, []) : null;
  if (via === null)
    return waitOrThin(context, state, { reason: 'ring-thin', note: 'The members do not agree on a leader.' });
  return await add(context, input, state, ring, via.member);
}

/** Nothing is taken from a ring by adding; a ring that cannot take the entry is what people must know. */
function waitOrThin(
  context: StepContext<'etcd'>,
  state: AddState,
  { reason, note }: { readonly reason: EndReason; readonly note: string },
): AddAnswer {
  const thin = reason === 'quorum-at-risk' ? 'ring-thin' : reason;
  return waitForwardOrStop(context, state.waitingSince, { reason: thin, note }, (waitingSince) => ({ waitingSince }));
}

async function add(
  context: StepContext<'etcd'>,
  input: AddInput,
  state: AddState,
  ring: Ring,
  via: EtcdMember,
): Promise<AddAnswer> {
  const { peerUrls } = input;
  const before = ring.members.map(({ id }) => id).toSorted();
  await context.registerCleanup({
    id: DROP_LEARNER,
    kind: dropLearnerCleanup.kind,
    input: { clusterId: ring.clusterId, peerUrls, before },
    // True in every ending: also when it votes by then, and nothing is taken away.
    summary: `an entry with ${peerUrls.join(', ')} in the member list that does not vote, if there is one`,
  });
  await context.progress(`Adding a learner with ${peerUrls.join(', ')}, through ${memberWords(via)}.`);
  const facts = { before, clusterId: ring.clusterId, via: memberWords(via), peerUrls };
  const result = await context.act({ item: peerUrls.join(', '), action: ADD_LEARNER, facts }, async (signal) => {
    const call = { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal };
    return await context.ports.etcd.addMember(via, { peerUrls, learner: true }, call);
  });
  return await settle(context, input, state, { before, error: result.ok ? null : result.error });
}

interface Asked {
  readonly before: readonly string[];
  /** What etcd answered; `null`: it said yes, or an earlier worker made the call. */
  readonly error: EtcdError | null;
}

type SeenEntry =
  | { readonly kind: 'there'; readonly entry: EtcdMember; readonly text: string }
  | { readonly kind: 'absent' | 'unknown'; readonly text: string };

/** How long no entry must be seen after a call without a certain answer, ms. */
const LATE_MS = 20_000;

/** Looks at what came of the call, by the peer URL and by who was there before. */
async function settle(
  context: StepContext<'etcd'>,
  input: AddInput,
  state: AddState,
  asked: Asked,
): Promise<AddAnswer> {
  const { error } = asked;
  const seen = await watchEntry(context, input, asked);
  const result = seen.kind === 'there' ? 'done' : seen.kind === 'absent' ? 'not-done' : 'unknown';
  const evidence = seen.kind === 'there' ? { id: seen.entry.id } : null;
  await context.observed({ result, note: seen.text, evidence });
  if (seen.kind === 'there') return await finish(context, input, { waitingSince: null }, asked.before);
  if (seen.kind === 'unknown')
    return { kind: 'stop', reason: 'outcome-unknown', note: `${seen.text}.${callWords(error)}` };
  const refused = error !== null && answerOf(error.code) === 'refused';
  if (error?.refusal === 'unhealthy-cluster') {
    const note = `etcd does not add a member yet: ${error.message}.`;
    return waitForwardOrStop(context, state.waitingSince, { reason: 'ring-thin', note }, (waitingSince) => ({
      waitingSince,
    }));
  }
  if (error?.refusal === 'too-many-learners' || error?.refusal === 'peer-url-exists')
    return { kind: 'stop', reason: 'foreign-operation', note: `No member was added.${callWords(error)}` };
  if (refused) return { kind: 'stop', reason: refusalReason(error), note: `No member was added.${callWords(error)}` };
  const certain = context.acts.filter(({ observed }) => observed?.result === 'not-done').length;
  if (certain >= 2) return { kind: 'stop', reason: 'call-without-effect', note: `${seen.text}.${callWords(error)}` };
  return { kind: 'again', afterMs: 0, state, note: `${seen.text}: it is still due.` };
}

async function watchEntry(context: StepContext<'etcd'>, input: AddInput, { before, error }: Asked): Promise<SeenEntry> {
  const refused = error !== null && answerOf(error.code) === 'refused';
  const { sampleMs } = context.cluster.defrag;
  const beganMs = context.nowMs();
  let absentSince: number | null = null;
  let last = '';
  for (;;) {
    const list = await context.ports.etcd.members({ timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
    if (list.ok && list.value.clusterId === input.ring.clusterId) {
      const entry = entryWith(list.value.members, { peerUrls: input.peerUrls, before: [...before] });
      if (entry !== null) return { kind: 'there', entry, text: `${memberWords(entry)} is in the member list` };
      absentSince ??= context.nowMs();
      last = `no entry with ${input.peerUrls.join(', ')} is in the member list`;
      if (refused || context.nowMs() - absentSince >= LATE_MS) return { kind: 'absent', text: last };
    } else {
      absentSince = null;
      last = list.ok ? `ring ${list.value.clusterId} answers` : list.error.message;
    }
    if (context.nowMs() - beganMs >= FORWARD_MS)
      return { kind: 'unknown', text: `whether the member was added cannot be told: ${last}` };
    await context.pause(sampleMs);
  }
}

/** The entry as it is in the list now, and the ring around it. */
async function finish(
  context: StepContext<'etcd'>,
  input: AddInput,
  state: AddState,
  before: readonly string[],
): Promise<AddAnswer> {
  const changes = [...changesOf(context.outputs, input.mayJoin), { added: { peerUrls: input.peerUrls, hosts: [] } }];
  const seen = await seeChanged(context, { planned: input.ring, changes });
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') return waitOrThin(context, state, seen);
  const members = seen.ring.members.map(({ member }) => member);
  const entry = entryWith(members, { peerUrls: input.peerUrls, before: [...before] });
  if (entry === null)
    return { kind: 'stop', reason: 'plan-drifted', note: `The entry with ${input.peerUrls.join(', ')} is gone again.` };
  const words = memberWords(entry);
  const report = ringReport(context, seen.ring, [`${words} was added as a learner; it does not vote yet.`]);
  const output: RingOutput = {
    removed: null,
    added: { id: entry.id, peerUrls: [...entry.peerUrls] },
    aside: null,
    report,
  };
  return { kind: 'done', output, note: `${words} is a learner now. ${votersWords(seen.ring)}.` };
}
