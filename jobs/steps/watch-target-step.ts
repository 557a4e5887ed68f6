import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { MemberId } from '../../src/core/ports/etcd.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { changesOf, RingInput, RingOutput, TargetRef } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, sickVoters, sickWords, votersWords } from './changed-ring.ts';
import { compareRing, WHOLE_STORE_MS } from './compare-hashes.ts';
import type { RemovalVerdict } from './judge-removal.ts';
import { judgeRemovalNow } from './judge-removal-now.ts';
import { waitOrStop } from './pass-gate.ts';

/** Input of `replace.watch-target@1`. */
export const WatchInput = RingInput.extend({
  /** `null`: it is no member any more, and only the others are watched. */
  target: TargetRef.nullable(),
  /** See `RemovalKind`. */
  why: z.enum(['dead', 'sick']),
  /** Ids of other voters that were dead when the plan was made. */
  alsoDead: z.array(z.string()),
  /** How long it is watched, ms. */
  watchMs: z.number().int().min(0),
});
export type WatchInput = z.infer<typeof WatchInput>;

const WatchState = z.object({
  since: z.number().nullable(),
  /** Looks that found everything as it was planned. */
  looks: z.int(),
  waitingSince: z.number().nullable(),
  /** The last look found another member sick. */
  sick: z.boolean(),
});
type WatchState = z.infer<typeof WatchState>;
type WatchAnswer = StepAnswer<WatchState, RingOutput>;

/** Looks at least. */
const LOOKS = 3;
/** Looks in the time that it is watched. */
const LOOKS_IN_ALL = 8;

/**
 * Watches a sick member for a while before anything is done to it: one that comes back by itself is not replaced, and nothing is begun while another
 * one is sick.
 */
export const watchTargetStep = defineStep({
  kind: 'replace.watch-target@1',
  input: WatchInput,
  state: WatchState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'read',
  timeoutMs: ({ watchMs }) => watchMs + 30 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ target, watchMs }) =>
    target === null
      ? `Watch the members for ${formatSpan(watchMs)}: none is added while one of them is sick`
      : `Watch ${memberWords(target)} for ${formatSpan(watchMs)}: it is not replaced if it comes back, nor while another member is sick`,
  items: () => [],
  initial: () => ({ since: null, looks: 0, waitingSince: null, sick: false }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) =>
    await watch(context, input, { ...state, since: state.since ?? context.nowMs() }),
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function watch(context: StepContext<'etcd'>, input: WatchInput, state: WatchState): Promise<WatchAnswer> {
  const { target, why, alsoDead } = input;
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const seen = await seeChanged(context, expected, target?.id ?? null);
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') return hold(context, state, seen);
  const verdict =
    target === null
      ? judgeOthers(seen.ring, alsoDead)
      : await judgeRemovalNow(context, seen.ring, { target, kind: why, alsoDead });
  if (verdict.kind === 'stop') return verdict;
  if (verdict.kind === 'go' || (verdict.reason === 'leader-flapping' && why === 'sick'))
    return await looked(context, input, state, seen.ring);
  if (verdict.reason !== 'second-member-sick') return hold(context, state, verdict);
  // One look may be a hiccup of ours; two are not, and waiting helps nobody.
  if (state.sick) return { kind: 'stop', reason: verdict.reason, note: verdict.note };
  return {
    kind: 'again',
    afterMs: context.cluster.defrag.sampleMs,
    state: { ...state, sick: true },
    note: `Looking once more: ${verdict.note}`,
  };
}

/** Behind a removal there is nobody to judge but the others. */
function judgeOthers(ring: Ring, alsoDead: readonly MemberId[]): OthersVerdict {
  const sick = sickVoters(ring, alsoDead);
  if (sick.length > 0)
    return {
      kind: 'wait',
      reason: 'second-member-sick',
      note: `${sickWords(sick)}. ${votersWords(ring)}. Nothing was added: bring ${sick[0]?.label ?? ''} back first.`,
    };
  if (ring.leaderId === null || ring.term === null)
    return { kind: 'wait', reason: 'quorum-at-risk', note: 'The members do not agree on a leader.' };
  return { kind: 'go' };
}

type OthersVerdict = { readonly kind: 'go' } | Extract<RemovalVerdict, { readonly kind: 'wait' }>;

function hold(context: StepContext<'etcd'>, state: WatchState, trouble: Parameters<typeof waitOrStop>[2]): WatchAnswer {
  return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ ...state, waitingSince, sick: false }));
}

async function looked(
  context: StepContext<'etcd'>,
  input: WatchInput,
  state: WatchState,
  ring: Ring,
): Promise<WatchAnswer> {
  const { target } = input;
  const words = target === null ? 'The ring' : memberWords(target);
  const looks = state.looks + 1;
  const watchedMs = context.nowMs() - (state.since ?? context.nowMs());
  const how = howItIs(ring, target);
  if (looks >= LOOKS && watchedMs >= input.watchMs) {
    const data = await judgeData(context, input, ring);
    if (data !== null) return data;
    const report = ringReport(context, ring, [`${words} was watched for ${formatSpan(watchedMs)}: ${how}.`]);
    const output: RingOutput = { removed: null, added: null, aside: null, report };
    return {
      kind: 'done',
      output,
      note: `${target === null ? `Nobody fell ill in ${formatSpan(watchedMs)}` : `${words} did not come back in ${formatSpan(watchedMs)}`}. ${votersWords(ring)}.`,
    };
  }
  const { sampleMs } = context.cluster.defrag;
  const afterMs = Math.max(sampleMs, Math.floor(input.watchMs / LOOKS_IN_ALL));
  const note = `Watching ${words} (${formatSpan(watchedMs)} of ${formatSpan(input.watchMs)}): ${how}. ${votersWords(ring)}.`;
  return { kind: 'again', afterMs, state: { ...state, looks, waitingSince: null, sick: false }, note };
}

function howItIs(ring: Ring, target: TargetRef | null): string {
  if (target === null) return 'all members are well';
  const entry = ring.members.find(({ id }) => id === target.id);
  return entry?.status === null ? (entry.trouble ?? 'it does not answer') : 'it answers, and is sick all the same';
}

/**
 * Before anything is changed: the others must have the same data, and a member that answers must still have other data than they. What cannot be
 * compared speaks against nobody.
 */
async function judgeData(
  context: StepContext<'etcd'>,
  { target, why }: WatchInput,
  ring: Ring,
): Promise<(WatchAnswer & { readonly kind: 'stop' }) | null> {
  const { signs } = await compareRing(context, ring, WHOLE_STORE_MS);
  context.signal.throwIfAborted();
  const own = target === null ? undefined : signs.get(target.id)?.kind;
  if (target !== null && why === 'sick' && own === 'same')
    return {
      kind: 'stop',
      reason: 'target-recovered',
      note: `${memberWords(target)} has the same data as the others.`,
    };
  const others = ring.members.flatMap((each) => {
    const sign = each.id === target?.id ? undefined : signs.get(each.id);
    return sign?.kind === 'differs' || sign?.kind === 'undecided' ? [`${each.label}: ${sign.words}`] : [];
  });
  if (others.length === 0) return null;
  const note = `Other members have different data: ${others.join('; ')}. Nothing was changed: find out whose data are right first.`;
  return { kind: 'stop', reason: 'others-differ', note };
}
