import { foldRun, type RunState } from '../../src/core/run-state.ts';
import type { RunRecord } from '../../src/core/run-types.ts';

/** Folds records as {@link foldRun}. One that was not written since the last look is not folded again: tests look every few moments. */
export function runFolds(): (record: RunRecord) => RunState {
  const known = new Map<string, { readonly version: number; readonly state: RunState }>();
  return (record) => {
    const last = known.get(record.id);
    if (last?.version === record.version) return last.state;
    const state = foldRun(record);
    known.set(record.id, { version: record.version, state });
    return state;
  };
}
