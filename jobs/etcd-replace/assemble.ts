import type { PlanDraft } from '../../src/core/runbook.ts';
import type { CaseLine } from './case-plan.ts';

/** The lines as a plan has them, each gate before the line that it stands at. */
export function assemble(
  lines: readonly CaseLine[],
): Required<Pick<PlanDraft, 'steps' | 'gates' | 'forecast' | 'estimatesMs'>> {
  return {
    steps: lines.map(({ step }) => step),
    gates: lines.flatMap(({ gates = [] }, beforeStep) => gates.map((gate) => ({ ...gate, beforeStep }))),
    forecast: lines.map(({ forecast }) => forecast),
    estimatesMs: lines.map(({ estimateMs }) => estimateMs),
  };
}
