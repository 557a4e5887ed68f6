import { type Answer, refusedAnswer } from './answer.ts';
import type { RunDesk } from './command.ts';
import type { RunState } from './run-state.ts';

/** What stands for the newest run where a run is named. */
export const LATEST = 'latest';

/** Most runs that are named when several wait. */
const MOST_NAMED = 5;

/** The run that a person decides about, or why it cannot be told. `latest` will do only while no other run waits. */
export async function runToDecide(desk: RunDesk, named: string): Promise<{ run: RunState } | { answer: Answer }> {
  const run = await desk.findToDecide(named);
  if (run === null) return { answer: refusedAnswer('unknown-run', `You asked for "${named}".`) };
  if (named !== LATEST) return { run };
  const waiting = await desk.waiting(MOST_NAMED + 1);
  if (waiting.length < 2) return { run };
  const names = waiting.slice(0, MOST_NAMED).map(({ id }) => id);
  const more = waiting.length > names.length ? ' and others' : '';
  return { answer: refusedAnswer('several-gates-open', `These wait: ${names.join(', ')}${more}.`) };
}
