import { z } from 'zod';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { checkIdentity, GATE_SAMPLES, gateGraceMs, passGate } from '../steps/pass-gate.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
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
    if (context.open !== null) return await settleCompaction(context, state, context.open.facts, null);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const done = context.acts.find((act) => act.observed?.result === 'done');
    if (done !== undefined) return await waitForStillness(context, Facts.parse(done.facts).revision);
    const cleared = await passGate(context, input.ring, { level: 'quorum', nospaceAllowed: true });
    if (cleared.kind === 'go') return await compact(context, state, cleared.ring);
    const since = state.waitingSince ?? context.nowMs();
    const { sampleMs } = context.cluster.defrag;
    if (cleared.kind === 'stop' || context.nowMs() - since >= gateGraceMs(sampleMs))
      return { kind: 'stop', reason: cleared.reason, note: cleared.note };
    return { kind: 'again', afterMs: sampleMs, state: { waitingSince: since }, note: `Waiting: ${cleared.note}` };
  },
  verify: async (context, _input, output) => {
    const compacted = await compactedRevision(context);
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
async function compact(context: StepContext<'etcd'>, state: CompactState, ring: Ring): Promise<CompactAnswer> {
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
  return await settleCompaction(context, state, facts, result.error.message);
}

/** `error`: what etcd answered; `null`: an earlier worker made the call, so what was not done is still due. */
async function settleCompaction(
  context: StepContext<'etcd'>,
  state: CompactState,
  raw: unknown,
  error: string | null,
): Promise<CompactAnswer> {
  const facts = Facts.safeParse(raw);
  const compacted = await compactedRevision(context);
  if (!facts.success || compacted === null) {
    await context.observed({ result: 'unknown', note: 'no member tells what is compacted', evidence: null });
    return {
      kind: 'stop',
      reason: 'outcome-unknown',
      note: `No member tells whether the history was compacted. ${error ?? ''}`.trim(),
    };
  }
  const done = compacted >= BigInt(facts.data.revision);
  await context.observed({
    result: done ? 'done' : 'not-done',
    note: `compacted to revision ${compacted}`,
    evidence: facts.data,
  });
  if (done || (error === null && context.acts.length < 2))
    return { kind: 'again', afterMs: 0, state, note: `The history is compacted to ${compacted}.` };
  return {
    kind: 'stop',
    reason: 'etcd-refused',
    note: `The history was not compacted: ${error ?? 'it was tried twice'}.`,
  };
}

/** The revision up to which history is gone, as a member that answers tells it; `null`: none does. */
async function compactedRevision(context: StepContext<'etcd'>): Promise<bigint | null> {
  const { ring } = await readRing(lookOf(context));
  for (const each of ring?.members ?? []) {
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
