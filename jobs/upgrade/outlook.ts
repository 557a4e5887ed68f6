import type { JsonObject } from '../../src/core/json.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PlanFile } from '../../src/core/plan-file.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import type { GroupLine, GroupPlanContext, Leaving, PlannedPatch } from '../node-groups/provider.ts';

/** What of a plan matters to pods and to those who keep its objects in Git. */
export interface OutlookOrder {
  readonly leaving: Leaving;
  readonly patches: readonly PlannedPatch[];
  /** Whoever would change it back is suspended for the time of the run. */
  readonly suspend: boolean;
}

/** What was found, and the lines around the others. */
export interface Outlook {
  readonly checks: readonly Check[];
  readonly linesBefore: readonly GroupLine[];
  readonly linesAfter: readonly GroupLine[];
  readonly facts: JsonObject;
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  readonly files: readonly PlanFile[];
}

/** What speaks against emptying the nodes that leave, and who would change the objects back. */
export async function outlook(context: GroupPlanContext, order: OutlookOrder): Promise<Outlook> {
  context.signal.throwIfAborted();
  return await Promise.resolve({
    checks: [],
    linesBefore: [],
    linesAfter: [],
    facts: { suspend: order.suspend },
    notes: [],
    before: [],
    files: [],
  });
}

/** What several changes one after another do to the nodes of a cluster. */
export function mergedLeaving(all: readonly Leaving[]): Leaving {
  return {
    nodes: [...new Set(all.flatMap(({ nodes }) => nodes))],
    surge: Math.max(0, ...all.map(({ surge }) => surge)),
    unavailable: Math.max(0, ...all.map(({ unavailable }) => unavailable)),
  };
}
