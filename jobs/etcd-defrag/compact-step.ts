import { z } from 'zod';
import type { RingIdentity } from '../../src/core/etcd/identity.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { checkIdentity, GATE_SAMPLES, gateGraceMs, passGate, waitOrStop } from '../steps/pass-gate.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { answerOf, callWords, refusalReason } from './call-error.ts';
import { RingInput } from './input.ts';

/** Limit of the call, ms: `physical` answers when the asked member has dropped the old revisions. */
const COMPACT_MS = 10 * 60_000;

/** Limit of one hash, ms: the member reads its whole database for it. */
const HASH_MS = 2 * 60_000;

const CompactState = z.object({ waitingSince: z.number().nullable() });
type CompactState = z.infer<typeof CompactState>;
const CompactOutput = z.object({ revision: z.string() });
type CompactOutput = z.infer<typeof CompactOutput>;
type CompactAnswer = StepAnswer<CompactState, CompactOutput>;
const Facts = z.object({ revision: z.string().regex(/^\d+$/) });

/**
 * Compacts the history, so that a defragmentation has something to free, and waits until the space in use stands still
 * on every member. Old revisions are gone for good, no key is. Source: `docs/runbooks/etcd-defrag.md`.
 */
export const compactStep = defineStep({
  kind: 'etcd.compact@1',
  input: RingInput,
  state: CompactState,
  output: CompactOutput,
  needs: ['etcd'],
  risk: 'disruptive',
  timeoutMs: () => 2 * COMPACT_MS,
  retry: ONCE,
  describe: () => 'Compact the history to the present revision: old revisions are gone for good, no key is',
  items: () => [],
  initial: () => ({ waitingSince: null }),
  check: async (context, input) => {
    if (context.open !== null || context.stopping) return { kind: 'go' };
    return (await checkIdentity(context, input.ring)) ?? { kind: 'go' };
  },
  run: async (context, input, state) => {
    if (context.open !== null) return await settleCompaction(context, input.ring, state, context.open.facts, null);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const done = context.acts.find((act) => act.observed?.result === 'done');
    if (done !== undefined) return await waitForStillness(context, Facts.parse(done.facts).revision);
    const cleared = await passGate(context, input.ring, { level: 'quorum', nospaceAllowed: true });
    if (cleared.kind === 'go') return await compact(context, input.ring, state, cleared.ring);
    if (cleared.kind === 'stop') return cleared;
    return waitOrStop(context, state.waitingSince, cleared, (waitingSince) => ({ waitingSince }));
  },
  verify: async (context, input, output) => {
    const compacted = await compactedRevision(context, input.ring);
    if (compacted === null)
      return {
        kind: 'done',
        output,
        note: `compacted to revision ${output.revision}; it could not be looked at again`,
      };
    if (compacted >= BigInt(output.revision))
      return { kind: 'done', output, note: `compacted to revision ${output.revision}` };
    return {
      kind: 'stop',
      reason: 'not-verified',
      note: `The history is compacted to ${compacted}, not to ${output.revision}.`,
    };
  },
});

/** One below the present revision: the newest version of every key stays. */
async function compact(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  state: CompactState,
  ring: Ring,
): Promise<CompactAnswer> {
  const revisions = ring.members.flatMap((each) => (each.status === null ? [] : [each.status.revision]));
  const target = revisions.reduce((max, each) => (each > max ? each : max), 0n) - 1n;
  if (target < 1n) return { kind: 'done', output: { revision: '0' }, note: 'there is no history to compact' };
  const facts = { revision: String(target) };
  await context.progress(`Compacting the history to revision ${target}.`);
  const result = await context.act(
    { item: 'history', action: 'compact', facts },
    async (signal) => await context.ports.etcd.compact(target, { timeoutMs: COMPACT_MS, physical: true, signal }),
  );
  if (result.ok || result.error.code === 'compacted') {
    await context.observed({ result: 'done', note: `compacted to revision ${target}`, evidence: facts });
    return { kind: 'again', afterMs: 0, state, note: `Compacted to revision ${target}.` };
  }
  return await settleCompaction(context, planned, state, facts, result.error);
}

/**
 * Looks at what came of the call. `error`: what etcd answered; `null`: an earlier worker made the call, so what was not
 * done is still due. Without a definite refusal the ring may still apply it, so one look that shows nothing proves nothing.
 */
async function settleCompaction(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  state: CompactState,
  raw: unknown,
  error: EtcdError | null,
): Promise<CompactAnswer> {
  const facts = Facts.safeParse(raw);
  const refused = error !== null && answerOf(error.code) === 'refused';
  const target = facts.success ? BigInt(facts.data.revision) : null;
  const compacted = target === null ? null : await watchCompaction(context, planned, target, refused);
  const why = callWords(error);
  if (refused && compacted === null) {
    await context.observed({ result: 'not-done', note: 'the call was refused or never sent', evidence: null });
    return { kind: 'stop', reason: refusalReason(error), note: `The history was not compacted.${why}` };
  }
  if (target === null || compacted === null) {
    await context.observed({ result: 'unknown', note: 'no member tells what is compacted', evidence: null });
    const note = `No member tells whether the history was compacted.${why}`;
    return { kind: 'stop', reason: 'outcome-unknown', note };
  }
  const seen = `the history is compacted to ${compacted}`;
  const evidence = { revision: String(target) };
  if (compacted >= target) {
    await context.observed({ result: 'done', note: seen, evidence });
    return { kind: 'again', afterMs: 0, state, note: `Done: ${seen}.` };
  }
  const due = error === null && context.acts.length < 2;
  await context.observed({ result: refused || due ? 'not-done' : 'unknown', note: seen, evidence });
  if (due) return { kind: 'again', afterMs: 0, state, note: `Still due: ${seen}.` };
  if (refused) return { kind: 'stop', reason: refusalReason(error), note: `The history was not compacted.${why}` };
  const note = `Compaction to revision ${target} was asked for; ${seen}. It may still happen.${why}`;
  return { kind: 'stop', reason: 'outcome-unknown', note };
}

/**
 * Looks until the history is compacted to `target`, as long as a step waits for the gate. `refused`: the first member that
 * tells decides. `null`: none told.
 */
async function watchCompaction(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  target: bigint,
  refused: boolean,
): Promise<bigint | null> {
  const { sampleMs } = context.cluster.defrag;
  const beganMs = context.nowMs();
  let last: bigint | null = null;
  for (;;) {
    last = (await compactedRevision(context, planned)) ?? last;
    if (last !== null && (refused || last >= target)) return last;
    if (context.nowMs() - beganMs >= gateGraceMs(sampleMs)) return last;
    await context.pause(sampleMs);
  }
}

/** The revision up to which history is gone, as a member of the approved ring tells it; `null`: none does. */
async function compactedRevision(context: StepContext<'etcd'>, planned: RingIdentity): Promise<bigint | null> {
  const { ring } = await readRing(lookOf(context));
  if (ring?.clusterId !== planned.clusterId) return null;
  for (const each of ring.members) {
    if (each.status === null || each.learner) continue;
    const hash = await context.ports.etcd.hash(each.member, null, { timeoutMs: HASH_MS, signal: context.signal });
    if (hash.ok) return hash.value.compactRevision;
  }
  return null;
}

/** Pages are freed later on the other members: waits until two looks show the same space in use everywhere. */
async function waitForStillness(context: StepContext<'etcd'>, revision: string): Promise<CompactAnswer> {
  const note = `compacted to revision ${revision}`;
  let last = '';
  for (let look = 0; look < GATE_SAMPLES; look += 1) {
    const { ring } = await readRing(lookOf(context));
    const now = ring?.members.map((each) => String(each.status?.dbSizeInUseBytes ?? '?')).join(' ') ?? '';
    if (now !== '' && now === last) return { kind: 'done', output: { revision }, note };
    last = now;
    await context.pause(context.cluster.defrag.sampleMs);
  }
  return { kind: 'done', output: { revision }, note: `${note}; the space in use still changes` };
}
