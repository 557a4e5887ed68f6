import { z } from 'zod';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { mayRemove } from '../../src/core/etcd/quorum.ts';
import { type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { changesOf, RingInput, RingOutput, TargetRef } from '../etcd-replace/input.ts';
import { chooseVia, ringReport, seeChanged, sickVoters, sickWords, votersWords } from './changed-ring.ts';
import { type Clearance, waitOrStop } from './pass-gate.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';
import { REMOVE_MEMBER } from './remove-member-step.ts';
import { settleRemoval } from './settle-removal.ts';

/** Input of `etcd.remove-leftover@1`. */
export const LeftoverInput = RingInput.extend({
  target: TargetRef,
  /** What it must still be: a learner, or an entry that was never started. */
  was: z.enum(['learner', 'unstarted']),
});
export type LeftoverInput = z.infer<typeof LeftoverInput>;

const LeftoverState = z.object({ waitingSince: z.number().nullable() });
type LeftoverState = z.infer<typeof LeftoverState>;
type LeftoverAnswer = StepAnswer<LeftoverState, RingOutput>;
type Go = Extract<Clearance, { readonly kind: 'go' }>;

/** Takes an entry out of the list that was never started, or that does not vote. One that became more than that meanwhile stays. */
export const removeLeftoverStep = defineStep({
  kind: 'etcd.remove-leftover@1',
  input: LeftoverInput,
  state: LeftoverState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'irreversible',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ target, was }) =>
    `Remove ${memberWords(target)}, which ${was === 'learner' ? 'is a learner' : 'was never started'}, from the member list`,
  items: ({ target }) => [memberWords(target)],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const removal = { clusterId: input.ring.clusterId, id: input.target.id, words: memberWords(input.target) };
    const isDone = context.acts.some(({ observed }) => observed?.result === 'done');
    if (context.open === null && context.stopping)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    if (context.open === null && !isDone) return await removeWhenSafe(context, input, state);
    if (context.open === null) return await finish(context, input, state);
    return after(context, input, state, await settleRemoval(context, removal, null));
  },
  verify: async (_context, { target }, output) =>
    await Promise.resolve({
      kind: 'done',
      output,
      note: `${memberWords(target)} is removed. ${output.report.summary}`,
    }),
});

async function removeWhenSafe(
  context: StepContext<'etcd'>,
  input: LeftoverInput,
  state: LeftoverState,
): Promise<LeftoverAnswer> {
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const first = await seeChanged(context, expected, input.target.id);
  if (first.kind === 'stop') return first;
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await seeChanged(context, expected, input.target.id);
  if (second.kind === 'stop') return second;
  if (first.kind === 'wait' || second.kind === 'wait') {
    const trouble = second.kind === 'wait' ? second : UNSTEADY;
    return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince }));
  }
  const why = whyNot(second.ring, input);
  if (why !== null) return why;
  return await remove(context, input, state, second);
}

const UNSTEADY = { reason: 'quorum-at-risk', note: 'The ring could not be seen a moment ago.' } as const;

function whyNot(ring: Ring, { target, was }: LeftoverInput): (LeftoverAnswer & { readonly kind: 'stop' }) | null {
  const entry = ring.members.find(({ id }) => id === target.id);
  const words = memberWords(target);
  if (entry === undefined)
    return { kind: 'stop', reason: 'removed-by-hand', note: `${words} is no member any more. ${votersWords(ring)}.` };
  if (was === 'unstarted' && entry.started)
    return { kind: 'stop', reason: 'target-recovered', note: `${words} was started meanwhile.` };
  if (was === 'learner' && !entry.learner)
    return { kind: 'stop', reason: 'target-recovered', note: `${words} was promoted to a voter meanwhile.` };
  const voters = votersOf(ring);
  const healthy = voters.filter(isHealthyVoter).length;
  const answer = mayRemove(voters.length, healthy, entry.learner ? 'learner' : 'unhealthy-voter');
  if (answer.allowed) return null;
  const sick = sickVoters(ring, [target.id]);
  // Who fell ill since is brought back; a restore is for those that cannot be.
  const rest =
    sick.length === 0
      ? answer.why
      : `${sickWords(sick)}. Nothing was removed; bring ${sick[0]?.label ?? ''} back first.`;
  return { kind: 'stop', reason: 'quorum-at-risk', note: `${rest} ${votersWords(ring)}.` };
}

async function remove(
  context: StepContext<'etcd'>,
  input: LeftoverInput,
  state: LeftoverState,
  { ring }: Go,
): Promise<LeftoverAnswer> {
  const { target, was } = input;
  const words = memberWords(target);
  const via = ring.leaderId === null ? null : chooseVia(ring, [target.id]);
  if (via === null) return waitOrStop(context, state.waitingSince, UNSTEADY, (waitingSince) => ({ waitingSince }));
  await context.progress(`Removing ${words}, through ${via.label}.`);
  const facts = { ...target, was, clusterId: ring.clusterId, via: memberWords(via.member) };
  const result = await context.act({ item: words, action: REMOVE_MEMBER, facts }, async (signal) => {
    return await context.ports.etcd.removeMember(via.member, target.id, { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal });
  });
  const removal = { clusterId: ring.clusterId, id: target.id, words };
  return after(context, input, state, await settleRemoval(context, removal, result.ok ? null : result.error));
}

function after(
  context: StepContext<'etcd'>,
  input: LeftoverInput,
  state: LeftoverState,
  settled: Awaited<ReturnType<typeof settleRemoval>>,
): LeftoverAnswer {
  if (settled.kind === 'stop') return settled;
  if (settled.kind === 'due') return { kind: 'again', afterMs: 0, state, note: settled.note };
  return done(context, input, settled.ring);
}

async function finish(
  context: StepContext<'etcd'>,
  input: LeftoverInput,
  state: LeftoverState,
): Promise<LeftoverAnswer> {
  const changes = [...changesOf(context.outputs, input.mayJoin), { removed: input.target.id }];
  const seen = await seeChanged(context, { planned: input.ring, changes });
  if (seen.kind === 'go') return done(context, input, seen.ring);
  if (seen.kind === 'stop') return seen;
  return waitOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince }));
}

function done(context: StepContext<'etcd'>, { target }: LeftoverInput, ring: Ring): LeftoverAnswer {
  const words = memberWords(target);
  const report = ringReport(context, ring, [`${words} is out of the member list.`]);
  const output: RingOutput = { removed: target.id, added: null, aside: null, report };
  return { kind: 'done', output, note: `${words} is removed. ${votersWords(ring)}.` };
}
