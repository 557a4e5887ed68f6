import { z } from 'zod';
import type { GateSpec } from './plan.ts';
import type { RunState } from './run-state.ts';

/** An output that holds lists for gates. */
const Output = z.record(z.string(), z.unknown());

/** An entry of such a list. */
const Entry = z.looseObject({ words: z.string() });

type Steps = Pick<RunState, 'steps'>;
type About = Pick<GateSpec, 'about' | 'beforeStep'>;

/** What a gate asks about, as the step right before it left it; `null`: it asks about no list, or there is none yet. */
function listOf({ steps }: Steps, { about, beforeStep }: About): readonly unknown[] | null {
  const step = steps[beforeStep - 1];
  if (about === undefined || step?.status !== 'done') return null;
  const list = Output.safeParse(step.output).data?.[about];
  return Array.isArray(list) ? list : null;
}

/** Whether a gate is not asked, because there is nothing that it asks about. One whose list cannot be read is asked. */
export function isPassedOver(state: Steps, gate: About): boolean {
  return listOf(state, gate)?.length === 0;
}

/** What a gate asks about, an entry each, in words of the step before it. Empty: it asks about nothing that came up at run time. */
export function askedAbout(state: Steps, gate: About): readonly string[] {
  return (listOf(state, gate) ?? []).map((entry) => Entry.safeParse(entry).data?.words ?? UNREADABLE);
}

const UNREADABLE = 'something that cannot be read here';
