import { reportOf } from '../../../core/run-report.ts';
import type { RunState } from '../../../core/run-state.ts';
import { code } from './escape.ts';
import { fitLines } from './fit.ts';
import { asCode } from './whole-text.ts';

/** Bytes of the marks around a block of code, and of the line that says what is left out. */
const AROUND_BYTES = 200;

/** What is under way in the step that was begun and is not done, line by line; empty: nothing to show. At the end, where no report tells it better. */
export function treeOf(state: RunState): readonly string[] {
  const { scratch } = state;
  if (scratch?.tree === undefined || (state.ended !== null && reportOf(state) !== null)) return [];
  return state.steps[scratch.index]?.status === 'running' ? scratch.tree : [];
}

/** The same as one block of code in at most `budget` bytes; what does not fit is counted, and where it is. */
export function treeLines(state: RunState, budget: number): readonly string[] {
  const lines = treeOf(state).map(asCode);
  if (lines.length === 0) return [];
  const { lines: shown, hidden } = fitLines(lines, budget - AROUND_BYTES);
  const more =
    hidden === 0
      ? []
      : [`… ${hidden} more ${hidden === 1 ? 'line' : 'lines'}, whole in ${code(`/kube show ${state.id}`)}`];
  return shown.length === 0 ? more : ['```', ...shown, '```', ...more];
}
