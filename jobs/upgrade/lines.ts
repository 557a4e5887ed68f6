import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import { groupWords } from '../../src/core/node-groups/words.ts';
import type { DraftGate, PlanDraft } from '../../src/core/runbook.ts';
import type { GroupLine } from '../node-groups/provider.ts';

/** Lines of one group, in the order of groups. */
export interface GroupLines {
  readonly group: NodeGroup;
  readonly lines: readonly GroupLine[];
}

/** The choice at the gate between two groups. Rejecting it ends the run with what was done. */
export const GO_ON = 'Go on';

/** Lines as a draft has them: steps, their forecasts, and the gates before them. */
export function draftOfLines(
  lines: readonly GroupLine[],
): Pick<PlanDraft, 'steps' | 'gates' | 'forecast'> & { readonly estimatesMs: readonly (number | null)[] } {
  const gates = lines.flatMap(({ gates: own = [] }, beforeStep) =>
    own.map((gate): DraftGate => ({ ...gate, beforeStep })),
  );
  return {
    steps: lines.map(({ step }) => step),
    gates,
    forecast: lines.map(({ forecast }) => forecast),
    estimatesMs: lines.map(({ estimateMs }) => estimateMs),
  };
}

/** The lines of all groups. Behind the first of several groups, and behind the control plane, somebody says go on. */
export function linesInTurn(all: readonly GroupLines[]): readonly GroupLine[] {
  const first = all.findIndex(({ group }) => group.kind === 'node-group');
  return all.flatMap(({ lines }, index) => {
    const before = all[index - 1];
    const asks = before !== undefined && (index - 1 === first || before.group.kind === 'control-plane');
    return asks ? gated(lines, before.group, all.slice(index)) : lines;
  });
}

function gated(lines: readonly GroupLine[], before: NodeGroup, next: readonly GroupLines[]): readonly GroupLine[] {
  const [line, ...rest] = lines;
  if (line === undefined) return lines;
  const names = next.map(({ group }) => groupWords(group)).join(', ');
  const gate: Omit<DraftGate, 'beforeStep'> = {
    id: `go-on-${groupWords(before).replaceAll(/[^\w-]/g, '-')}`,
    kind: 'choice',
    title: `${groupWords(before)} is upgraded and verified: look at its workloads, then go on with ${names}`,
    expect: null,
    choices: [GO_ON],
  };
  return [{ ...line, gates: [gate, ...(line.gates ?? [])] }, ...rest];
}
