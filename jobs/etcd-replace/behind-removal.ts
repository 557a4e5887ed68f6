import type { CaseLine } from './case-plan.ts';

/**
 * The lines of a case whose member was removed before anybody asked. The ring is a member short already: from the first call on that
 * changes it or its machines a freeze and a closed window do not end the run, as behind a removal of its own.
 */
export function behindRemoval(lines: readonly CaseLine[]): readonly CaseLine[] {
  return lines.map((each) => {
    const { risk } = each.step;
    return risk === 'disruptive' || risk === 'irreversible' ? { ...each, step: { ...each.step, commits: true } } : each;
  });
}
