import { z } from 'zod';
import { accessTrouble, whyUnseen } from '../../src/core/etcd/access.ts';
import type { DbSize } from '../../src/core/etcd/defrag-outcome.ts';
import { gateTrouble, healthGate } from '../../src/core/etcd/health-gate.ts';
import { driftOf } from '../../src/core/etcd/identity.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { assumptions, beforeAfterTable, quotaAdvice, ringSummary } from '../../src/core/etcd/ring-report.ts';
import type { Json } from '../../src/core/json.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { gateGraceMs, waitOrStop } from '../steps/pass-gate.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { RingInput } from './input.ts';
import { DefragOutput } from './turns.ts';

const VerifyState = z.object({ waitingSince: z.number().nullable() });
type VerifyState = z.infer<typeof VerifyState>;
const VerifyOutput = z.object({ report: StateReport });
type VerifyOutput = z.infer<typeof VerifyOutput>;
type VerifyAnswer = StepAnswer<VerifyState, VerifyOutput>;

/** Looks at the whole ring at the end and reports it, with every size before and after. */
export const verifyRingStep = defineStep({
  kind: 'etcd.verify-ring@1',
  input: RingInput,
  state: VerifyState,
  output: VerifyOutput,
  needs: ['etcd'],
  risk: 'read',
  timeoutMs: () => 15 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: () => 'Verify the whole ring: members, leader, alarms, sizes',
  items: () => [],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const first = await readRing(lookOf(context));
    await context.pause(context.cluster.defrag.sampleMs);
    const second = await readRing(lookOf(context));
    const gate = healthGate(first.ring, second.ring, { level: 'strict', nospaceAllowed: false });
    const drift = second.ring === null ? [] : driftOf(input.ring, second.ring);
    if (gate.ok && second.ring !== null && drift.length === 0) {
      const report = reportOf(context, second.ring, ringSummary(second.ring, gate));
      return { kind: 'done', output: { report }, note: report.summary };
    }
    if (accessTrouble(second.trouble) !== null) return unseen(context, state, whyUnseen(second.trouble));
    return notYet(context, state, drift.length > 0 ? drift.join('; ') : gateTrouble(gate));
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

/** The turns were done and nobody may look: not the ring is at fault. */
function unseen(context: StepContext<'etcd'>, { waitingSince }: VerifyState, why: string): VerifyAnswer {
  const note = `All turns are over, but the ring could not be looked at. ${why}`;
  return waitOrStop(context, waitingSince, { reason: 'access-refused', note }, (since) => ({ waitingSince: since }));
}

/** A ring may need a moment after the last turn; what is still wrong then is the result. */
function notYet(context: StepContext<'etcd'>, state: VerifyState, trouble: string): VerifyAnswer {
  const { sampleMs } = context.cluster.defrag;
  const since = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - since >= gateGraceMs(sampleMs)) {
    return {
      kind: 'stop',
      reason: 'not-verified',
      note: `All turns are over, but the ring is not as it should be: ${trouble}.`,
    };
  }
  return { kind: 'again', afterMs: sampleMs, state: { waitingSince: since }, note: `Waiting: ${trouble}.` };
}

function reportOf(context: StepContext<'etcd'>, ring: Ring, summary: string): StateReport {
  const before = sizesBefore(context.outputs);
  return {
    at: context.nowIso(),
    healthy: true,
    summary,
    tables: [beforeAfterTable(ring, before)],
    notes: [
      ...quotaAdvice(ring, context.cluster.defrag.maxQuotaUsed),
      ...unequal(ring),
      ...assumptions(ring),
      `No alarm is active. Ring ${ring.clusterId}.`,
    ],
  };
}

/** Sizes before, from the outputs of the earlier steps. */
function sizesBefore(outputs: readonly Json[]): ReadonlyMap<string, DbSize> {
  const turns = outputs.flatMap((output) => {
    const parsed = DefragOutput.safeParse(output);
    return parsed.success ? parsed.data.turns : [];
  });
  return new Map(turns.map((turn) => [turn.id, turn.before]));
}

/** Files of the same data should be about as large: a tenth and a few pages apart at most. */
function unequal(ring: Ring): readonly string[] {
  const sizes = ring.members.flatMap((each) => (each.status === null ? [] : [each.status.dbSizeBytes]));
  const smallest = Math.min(...sizes);
  const largest = Math.max(...sizes);
  return largest > smallest * 1.1 + 1024 ** 2
    ? ['The files of the members differ by more than 10 %: members that were not touched still hold free space.']
    : [];
}
