import { z } from 'zod';
import { type AnyRunbook, defineRunbook } from '../src/core/runbook.ts';
import { defineStep } from '../src/core/step.ts';

/** Members that a busy run visits, one step each. */
export const BUSY_STEPS = 3;

const Pace = z.object({ turns: z.number().int(), everyMs: z.number().int() });

const visit = defineStep({
  kind: 'bench.visit@1',
  input: Pace.extend({ member: z.string() }),
  state: z.object({ turn: z.number().int() }),
  output: z.object({}),
  needs: [],
  risk: 'read',
  timeoutMs: () => 3_600_000,
  retry: { attempts: 1, backoffMs: 0 },
  describe: ({ member }) => `Visit ${member}`,
  items: ({ member }) => [member],
  initial: () => ({ turn: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (_context, { member, turns, everyMs }, { turn }) =>
    await Promise.resolve(
      turn >= turns
        ? { kind: 'done', output: {}, note: `${member} was visited` }
        : {
            kind: 'again',
            afterMs: everyMs,
            state: { turn: turn + 1 },
            note: `${member}: part ${turn + 1} of ${turns}`,
          },
    ),
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: '' }),
});

/**
 * A runbook whose runs do nothing but change: {@link BUSY_STEPS} steps, each with so many turns, one every so many ms. The
 * parameters say how many; every turn changes what the card shows.
 */
export const busyRunbook: AnyRunbook = defineRunbook({
  id: 'busy',
  version: 1,
  title: 'Visit every member',
  params: Pace,
  needs: [],
  steps: [visit],
  cleanups: [],
  locks: () => [],
  plan: async (_context, pace) => {
    const members = Array.from({ length: BUSY_STEPS }, (_, index) => `member-${index + 1}`);
    const rest = { gates: [], checks: [], forecast: [], notes: [], before: [] };
    return await Promise.resolve({
      identity: 'bench',
      facts: {},
      steps: members.map((member) => visit.plan({ ...pace, member })),
      ...rest,
    });
  },
});
