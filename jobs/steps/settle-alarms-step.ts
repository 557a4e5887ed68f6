import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { labelOf, type Ring } from '../../src/core/etcd/ring.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { addedBefore, changesOf, RingInput, RingOutput } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, votersWords } from './changed-ring.ts';
import { waitForwardOrStop } from './pass-gate.ts';

const AlarmState = z.object({ waitingSince: z.number().nullable(), quiet: z.int() });
type AlarmState = z.infer<typeof AlarmState>;
type AlarmAnswer = StepAnswer<AlarmState, RingOutput>;

/** An alarm may come with the first write after the new member is in: so many looks without one. */
const QUIET_LOOKS = 2;

/** Looks for alarms after a member joined: it takes over the database of the others, and may have less room for it. */
export const settleAlarmsStep = defineStep({
  kind: 'etcd.settle-alarms@1',
  input: RingInput,
  state: AlarmState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'read',
  timeoutMs: () => 30 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: () => 'Look for alarms, now that the ring is as it is to be',
  items: () => [],
  initial: () => ({ waitingSince: null, quiet: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => await look(context, input, state),
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function look(context: StepContext<'etcd'>, input: RingInput, state: AlarmState): Promise<AlarmAnswer> {
  const { sampleMs } = context.cluster.defrag;
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const seen = await seeChanged(context, expected);
  // That of the new member is told with what to do about it.
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait' || seen.ring.alarms === null) {
    const trouble = seen.kind === 'wait' ? seen : UNREAD;
    return waitForwardOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ quiet: 0, waitingSince }));
  }
  const { ring } = seen;
  const added = addedBefore(context.outputs)?.id ?? null;
  const own = (ring.alarms ?? []).filter(({ memberId }) => memberId === added);
  if (own.length > 0) return { kind: 'stop', reason: 'alarm-after-join', note: alarmWords(ring, own) };
  const quiet = state.quiet + 1;
  if (quiet < QUIET_LOOKS)
    return {
      kind: 'again',
      afterMs: sampleMs,
      state: { quiet, waitingSince: null },
      note: 'No alarm of the new member.',
    };
  const others = ring.alarms ?? [];
  const notes = others.length === 0 ? ['No alarm is active.'] : [alarmWords(ring, others)];
  const output: RingOutput = { removed: null, added: null, aside: null, report: ringReport(context, ring, notes) };
  return { kind: 'done', output, note: `${notes.join(' ')} ${votersWords(ring)}.` };
}

const UNREAD = { reason: 'alarms-unreadable', note: 'The alarms could not be read.' } as const;

function alarmWords(ring: Ring, alarms: NonNullable<Ring['alarms']>): string {
  const words = alarms.map(({ memberId, type }) => {
    const member = ring.members.find(({ id }) => id === memberId);
    return `${type} of ${member === undefined ? labelOf(ring, memberId) : memberWords(member.member)}`;
  });
  return `${alarms.length === 1 ? 'An alarm is' : 'Alarms are'} active: ${words.join('; ')}.`;
}
