import { z } from 'zod';
import { formatBytes, formatShare } from '../../src/core/bytes.ts';
import type { RingIdentity } from '../../src/core/etcd/identity.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { checkIdentity, seeRing, waitOrStop } from '../steps/pass-gate.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import { disarmEntry, disarmed, settleDisarm } from './disarm-entry.ts';
import { RingInput } from './input.ts';

/** Above this share of the quota an alarm would come back with the next write. */
export const DISARM_BELOW = 0.9;

/** The list must be empty twice, so many samples apart (15 s with samples 5 s apart). */
const QUIET_SAMPLES = 3;

const DisarmState = z.object({
  /** Since when the ring cannot be seen well enough, ms since the epoch; `null`: it can. */
  waitingSince: z.number().nullable().default(null),
});
export type DisarmState = z.infer<typeof DisarmState>;
const DisarmOutput = z.object({ disarmed: z.array(z.string()) });
type DisarmOutput = z.infer<typeof DisarmOutput>;

/** What the step may answer. */
export type DisarmAnswer = StepAnswer<DisarmState, DisarmOutput>;

/**
 * Disarms NOSPACE entries one by one, each by its member id, and only when no member would raise it again. A CORRUPT
 * alarm is never disarmed. Source: `docs/runbooks/etcd-defrag.md`.
 */
export const disarmStep = defineStep({
  kind: 'etcd.disarm@1',
  input: RingInput,
  state: DisarmState,
  output: DisarmOutput,
  needs: ['etcd'],
  risk: 'reversible',
  timeoutMs: () => 10 * 60_000,
  retry: ONCE,
  describe: () => 'Clear the NOSPACE alarm of each member, once every file is below 90 % of its quota',
  items: () => [],
  initial: () => ({ waitingSince: null }),
  check: async (context, input) => {
    if (context.open !== null || context.stopping) return { kind: 'go' };
    return (await checkIdentity(context, input.ring)) ?? { kind: 'go' };
  },
  run: async (context, input, state) => {
    if (context.open !== null) return await settleDisarm(context, input.ring, state, context.open);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const seen = await seeRing(context, input.ring);
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait') return wait(context, state, seen);
    return await next(context, input.ring, state, seen.ring);
  },
  verify: async (context, input, output) => {
    for (let look = 0; look < 2; look += 1) {
      if (look > 0) await context.pause(QUIET_SAMPLES * context.cluster.defrag.sampleMs);
      const alarms = await context.ports.etcd.alarms({ timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
      if (!alarms.ok) return unreadable(context, alarms.error.message);
      if (alarms.value.length > 0) {
        return {
          kind: 'stop',
          reason: 'alarm-not-cleared',
          note: `Active again: ${alarms.value.map((each) => `${each.type} on ${nameOf(input.ring, each.memberId)}`).join(', ')}.`,
        };
      }
    }
    return { kind: 'done', output, note: 'the alarm list is empty, seen twice' };
  },
});

/** One entry less, or none left. The entry comes first: without one, nobody's size matters. */
async function next(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  state: DisarmState,
  ring: Ring,
): Promise<DisarmAnswer> {
  if (ring.alarms === null)
    return wait(context, state, { reason: 'alarms-unreadable', note: 'The alarms cannot be read.' });
  const entry = ring.alarms.find((alarm) => alarm.type === 'NOSPACE');
  if (entry === undefined)
    return { kind: 'done', output: { disarmed: disarmed(context) }, note: 'no NOSPACE alarm is active' };
  const silent = ring.members.filter((each) => each.status === null).map((each) => each.label);
  if (silent.length > 0) {
    const note = `${silent.join(', ')} does not answer, so its size is not known. The alarm stays.`;
    return wait(context, state, { reason: 'member-unhealthy', note });
  }
  const over = tooLarge(ring);
  if (over !== '') return { kind: 'stop', reason: 'still-over-quota', note: `${over}.` };
  return await disarmEntry(context, planned, ring, entry);
}

function wait(
  context: StepContext<'etcd'>,
  state: DisarmState,
  trouble: { readonly reason: EndReason; readonly note: string },
): DisarmAnswer {
  return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince }));
}

function nameOf({ members }: RingIdentity, id: string): string {
  const name = members.find((each) => each.id === id)?.name ?? '';
  return name === '' ? id : name;
}

/** Looked at again by `run`, which gives up after a while. */
function unreadable(context: StepContext<'etcd'>, why: string): DisarmAnswer {
  const { sampleMs } = context.cluster.defrag;
  const state = { waitingSince: context.nowMs() };
  return { kind: 'again', afterMs: sampleMs, state, note: `Waiting: the alarms cannot be read: ${why}.` };
}

/** Members that would raise the alarm again with the next write; empty: none. */
function tooLarge(ring: Ring): string {
  const over = ring.members.flatMap(({ label, status, quota }) =>
    status === null || status.dbSizeBytes <= quota.bytes * DISARM_BELOW
      ? []
      : [`${label} uses ${formatShare(status.dbSizeBytes, quota.bytes)} of ${formatBytes(quota.bytes)}`],
  );
  return over.join(', ');
}
