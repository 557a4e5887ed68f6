import { z } from 'zod';
import { formatBytes, formatShare } from '../../src/core/bytes.ts';
import { hasAlarm, labelOf, type Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdAlarm } from '../../src/core/ports/etcd.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { checkIdentity } from '../steps/pass-gate.ts';
import { LOOK_TIMEOUT_MS, lookOf, readRing } from '../steps/read-ring.ts';
import { RingInput } from './input.ts';

/** Above this share of the quota an alarm would come back with the next write. */
export const DISARM_BELOW = 0.9;

/** The list must be empty twice, so many samples apart (15 s with samples 5 s apart). */
const QUIET_SAMPLES = 3;

/** Name of the announced call. */
const DISARM = 'disarm';

const Nothing = z.object({});
const DisarmOutput = z.object({ disarmed: z.array(z.string()) });
type DisarmOutput = z.infer<typeof DisarmOutput>;
type DisarmAnswer = StepAnswer<z.infer<typeof Nothing>, DisarmOutput>;

/**
 * Disarms NOSPACE entries one by one, each by its member id, and only when no member would raise it again. A CORRUPT
 * alarm is never disarmed. Source: `docs/runbooks/etcd-defrag.md`.
 */
export const disarmStep = defineStep({
  kind: 'etcd.disarm@1',
  input: RingInput,
  state: Nothing,
  output: DisarmOutput,
  needs: ['etcd'],
  risk: 'reversible',
  timeoutMs: () => 10 * 60_000,
  retry: ONCE,
  describe: () => 'Clear the NOSPACE alarm of each member, once every file is below 90 % of its quota',
  items: () => [],
  initial: () => ({}),
  check: async (context, input) => {
    if (context.open !== null || context.stopping) return { kind: 'go' };
    return (await checkIdentity(context, input.ring)) ?? { kind: 'go' };
  },
  run: async (context, _input, state) => {
    const { ring, trouble } = await readRing(lookOf(context));
    if (ring === null || ring.alarms === null)
      return { kind: 'stop', reason: 'quorum-at-risk', note: `The alarms cannot be read: ${trouble}.` };
    if (context.open !== null) return await settleDisarm(context, ring, context.open.item);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const refusal = refusalOf(ring);
    if (refusal !== null) return refusal;
    const entry = ring.alarms.find((alarm) => alarm.type === 'NOSPACE');
    if (entry !== undefined) return await disarm(context, ring, entry);
    return { kind: 'done', output: { disarmed: cleared(context) }, note: 'no NOSPACE alarm is active' };
  },
  verify: async (context, _input, output) => {
    for (let look = 0; look < 2; look += 1) {
      if (look > 0) await context.pause(QUIET_SAMPLES * context.cluster.defrag.sampleMs);
      const alarms = await context.ports.etcd.alarms({ timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
      if (!alarms.ok)
        return { kind: 'stop', reason: 'not-verified', note: `The alarms cannot be read: ${alarms.error.message}.` };
      if (alarms.value.length > 0) {
        return {
          kind: 'stop',
          reason: 'alarm-not-cleared',
          note: `Active again: ${alarms.value.map((each) => `${each.type} on ${each.memberId}`).join(', ')}.`,
        };
      }
    }
    return { kind: 'done', output, note: 'the alarm list is empty, seen twice' };
  },
});

function refusalOf(ring: Ring): (DisarmAnswer & { kind: 'stop' }) | null {
  if (hasAlarm(ring, 'CORRUPT')) return { kind: 'stop', reason: 'corrupt-alarm', note: 'A CORRUPT alarm is active.' };
  const over = ring.members.filter(
    (each) => each.status !== null && each.status.dbSizeBytes > each.quota.bytes * DISARM_BELOW,
  );
  const silent = ring.members.filter((each) => each.status === null);
  if (silent.length > 0) {
    return {
      kind: 'stop',
      reason: 'member-unhealthy',
      note: `${silent.map((each) => each.label).join(', ')} does not answer, so its size is not known. The alarm stays.`,
    };
  }
  if (over.length === 0) return null;
  const words = over.map(
    (each) =>
      `${each.label} uses ${formatShare(each.status?.dbSizeBytes ?? 0, each.quota.bytes)} of ${formatBytes(each.quota.bytes)}`,
  );
  return { kind: 'stop', reason: 'still-over-quota', note: `${words.join(', ')}.` };
}

async function disarm(context: StepContext<'etcd'>, ring: Ring, entry: EtcdAlarm): Promise<DisarmAnswer> {
  const label = labelOf(ring, entry.memberId);
  if (cleared(context).includes(label))
    return { kind: 'stop', reason: 'alarm-not-cleared', note: `The alarm of ${label} came back.` };
  const result = await context.act(
    { item: label, action: DISARM, facts: { memberId: entry.memberId } },
    async (signal) => await context.ports.etcd.disarm(entry, { timeoutMs: LOOK_TIMEOUT_MS, signal }),
  );
  const seen = await readRing(lookOf(context));
  if (seen.ring?.alarms === undefined || seen.ring.alarms === null) {
    await context.observed({ result: 'unknown', note: 'the alarms cannot be read', evidence: null });
    return {
      kind: 'stop',
      reason: 'outcome-unknown',
      note: `The alarms cannot be read after disarming ${label}: ${seen.trouble}.`,
    };
  }
  const gone = !seen.ring.alarms.some((alarm) => alarm.memberId === entry.memberId && alarm.type === 'NOSPACE');
  await context.observed({
    result: gone ? 'done' : 'not-done',
    note: gone ? 'the entry is gone' : 'the entry is still there',
    evidence: null,
  });
  if (gone) return { kind: 'again', afterMs: 0, state: {}, note: `The alarm of ${label} is cleared.` };
  return {
    kind: 'stop',
    reason: 'alarm-not-cleared',
    note: `The alarm of ${label} is still there${result.ok ? ' or came back at once' : `: ${result.error.message}`}.`,
  };
}

async function settleDisarm(context: StepContext<'etcd'>, ring: Ring, label: string): Promise<DisarmAnswer> {
  const there =
    ring.alarms?.some((alarm) => alarm.type === 'NOSPACE' && labelOf(ring, alarm.memberId) === label) ?? false;
  await context.observed({
    result: there ? 'not-done' : 'done',
    note: there ? 'the entry is still there' : 'the entry is gone',
    evidence: null,
  });
  return {
    kind: 'again',
    afterMs: 0,
    state: {},
    note: there ? `The alarm of ${label} is still to be cleared.` : `The alarm of ${label} is cleared.`,
  };
}

function cleared(context: StepContext<'etcd'>): string[] {
  return context.acts.filter((act) => act.observed?.result === 'done').map((act) => act.item);
}
