import type { Json } from './json.ts';
import type { RunState } from './run-state.ts';
import { StateReport } from './state-report.ts';

/** The newest state report among the outputs of a run's steps; `null`: no step made one. */
export function reportOf(state: RunState): StateReport | null {
  for (const step of state.steps.toReversed()) {
    const report = step.status === 'done' ? readReport(step.output) : null;
    if (report !== null) return report;
  }
  return null;
}

/** An output that is a state report, or has one as its member `report`. */
export function readReport(output: Json): StateReport | null {
  const whole = StateReport.safeParse(output);
  if (whole.success) return whole.data;
  if (typeof output !== 'object' || output === null || !('report' in output)) return null;
  const part = StateReport.safeParse(output['report']);
  return part.success ? part.data : null;
}
