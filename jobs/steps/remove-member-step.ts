import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { changesOf, RingInput, RingOutput, TargetRef } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, votersWords } from './changed-ring.ts';
import type { RemovalVerdict } from './judge-removal.ts';
import { judgeRemovalNow } from './judge-removal-now.ts';
import { waitForwardOrStop, waitOrStop } from './pass-gate.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';
import { settleRemoval } from './settle-removal.ts';

/** Name of the announced call. */
export const REMOVE_MEMBER = 'remove-member';

/** Input of `etcd.remove-member@1`. */
export const RemoveInput = RingInput.extend({
  target: TargetRef,
  /** See `RemovalKind`. */
  why: z.enum(['dead', 'sick', 'swap']),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()),
});
export type RemoveInput = z.infer<typeof RemoveInput>;

const RemoveState = z.object({ waitingSince: z.number().nullable() });
type RemoveState = z.infer<typeof RemoveState>;
type RemoveAnswer = StepAnswer<RemoveState, RingOutput>;
type Go = Extract<RemovalVerdict, { readonly kind: 'go' }>;

/** Removes one member from the list by its id, through a healthy one, and looks at the lists of others afterwards. */
export const removeMemberStep = defineStep({
  kind: 'etcd.remove-member@1',
  input: RemoveInput,
  state: RemoveState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'irreversible',
  commits: true,
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ target }) =>
    `Remove ${memberWords(target)} from the member list, and see it gone in the lists of others`,
  items: ({ target }) => [memberWords(target)],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.open !== null) return await settle(context, input, state, null);
    if (isDone(context)) return await finish(context, input, state);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    return await removeWhenSafe(context, input, state);
  },
  verify: async (_context, { target }, output) =>
    await Promise.resolve({
      kind: 'done',
      output,
      note: `${memberWords(target)} is removed. ${output.report.summary}`,
    }),
});

function isDone({ acts }: StepContext<'etcd'>): boolean {
  return acts.some(({ observed }) => observed?.result === 'done');
}

/** Two looks, one sample apart, both of which must allow it: the second decides, right before the call. */
async function removeWhenSafe(
  context: StepContext<'etcd'>,
  input: RemoveInput,
  state: RemoveState,
): Promise<RemoveAnswer> {
  const first = await judge(context, input);
  if (first.kind === 'stop') return first;
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await judge(context, input);
  if (second.kind === 'stop') return second;
  if (second.kind === 'wait') {
    // Seen twice, this is no hiccup, and nobody is helped by waiting.
    if (second.reason === 'second-member-sick' && first.kind === 'wait' && first.reason === second.reason)
      return { kind: 'stop', reason: second.reason, note: second.note };
    return waitOrStop(context, state.waitingSince, second, (waitingSince) => ({ waitingSince }));
  }
  if (first.kind === 'wait' || first.via.id !== second.via.id)
    return { kind: 'again', afterMs: 0, state, note: 'Looking once more: the ring changed between two looks.' };
  return await remove(context, input, second);
}

async function judge(context: StepContext<'etcd'>, input: RemoveInput): Promise<RemovalVerdict> {
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const seen = await seeChanged(context, expected, input.target.id);
  if (seen.kind !== 'go') return seen;
  return await judgeRemovalNow(context, seen.ring, { target: input.target, kind: input.why, alsoDead: input.alsoDead });
}

async function remove(context: StepContext<'etcd'>, input: RemoveInput, go: Go): Promise<RemoveAnswer> {
  const { target } = input;
  const words = memberWords(target);
  await context.progress(`Removing ${words}, through ${go.via.label}. ${go.after}`);
  const facts = {
    ...target,
    clusterId: input.ring.clusterId,
    via: memberWords(go.via.member),
    voters: go.voters,
    healthy: go.healthy,
  };
  const result = await context.act({ item: words, action: REMOVE_MEMBER, facts }, async (signal) => {
    return await context.ports.etcd.removeMember(go.via.member, target.id, { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal });
  });
  return await settle(context, input, { waitingSince: null }, result.ok ? null : result.error);
}

/** Looks at what came of the call. `error`: what etcd answered; `null`: it said yes, or an earlier worker made the call. */
async function settle(
  context: StepContext<'etcd'>,
  input: RemoveInput,
  state: RemoveState,
  error: EtcdError | null,
): Promise<RemoveAnswer> {
  const { target, ring } = input;
  const removal = { clusterId: ring.clusterId, id: target.id, words: memberWords(target) };
  const settled = await settleRemoval(context, removal, error);
  if (settled.kind === 'stop') return settled;
  return settled.kind === 'absent'
    ? done(context, input, settled.ring)
    : { kind: 'again', afterMs: 0, state, note: settled.note };
}

/** After a crash between what was seen and the end of the step: the ring as it is now goes into the report. */
async function finish(context: StepContext<'etcd'>, input: RemoveInput, state: RemoveState): Promise<RemoveAnswer> {
  const changes = [...changesOf(context.outputs, input.mayJoin), { removed: input.target.id }];
  const seen = await seeChanged(context, { planned: input.ring, changes });
  if (seen.kind === 'go') return done(context, input, seen.ring);
  if (seen.kind === 'stop') return seen;
  return waitForwardOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince }));
}

function done(context: StepContext<'etcd'>, { target }: RemoveInput, ring: Ring): RemoveAnswer {
  const words = memberWords(target);
  const notes = [`${words} is removed from the list. Do not start it again with its old data.`];
  const output: RingOutput = { removed: target.id, added: null, aside: null, report: ringReport(context, ring, notes) };
  return { kind: 'done', output, note: `${words} is removed. ${votersWords(ring)}.` };
}
