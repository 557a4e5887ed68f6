import { drainEndChecks } from '../../src/core/drain/drain-end.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PlanFile } from '../../src/core/plan-file.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import type { GroupLine, GroupPlanContext, Leaving, PlannedPatch } from '../node-groups/provider.ts';
import { type DrainOptions, planDrain } from '../steps/drain/plan-drain.ts';
import { planGitops } from '../steps/gitops/plan-gitops.ts';

/** What of a plan matters to pods and to those who keep its objects in Git. */
export interface OutlookOrder {
  readonly leaving: Leaving;
  /** In every group new nodes come before old ones go. Absent: as `leaving` says of all together. */
  readonly newFirst?: boolean;
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
export async function outlook(
  context: GroupPlanContext,
  { leaving, newFirst = areNewFirst([leaving]), patches, suspend }: OutlookOrder,
): Promise<Outlook> {
  const [drained, kept] = await Promise.all([
    leaving.nodes.length === 0 ? null : planDrain(context, leaving.nodes, OTHERS_DRAIN),
    planGitops(context, patches, { suspend }),
  ]);
  const { ends = [] } = leaving;
  const found = drained?.checks ?? [];
  return {
    ...kept,
    // Replicas come and go between plan and approval: what pods there are is shown, and nothing relies on it.
    facts: { gitops: kept.facts, ...(ends.length === 0 ? {} : { ends: ends.map(({ words }) => words) }) },
    checks: [...found.filter(({ id }) => !newFirst || id !== PLACES), ...drainEndChecks(ends, found), ...kept.checks],
    notes: [...(drained?.notes ?? []), ...kept.notes],
    before: drained?.before ?? [],
  };
}

/** Whether another node may take the pods while their own is away. Where new nodes come first, one always may. */
const PLACES = 'places';

/** Controllers drain the nodes, one after another, and ask for no consent. */
const OTHERS_DRAIN: DrainOptions = {
  consents: { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: false },
  forceStuck: false,
  graceMs: null,
  parallelNodes: 1,
  nodeMs: null,
  chosen: [],
  purpose: 'others-drain',
};

/** Whether in every group new nodes come before old ones go. */
export function areNewFirst(all: readonly Leaving[]): boolean {
  return all.every(({ nodes, surge }) => nodes.length === 0 || surge > 0);
}

/** What several changes one after another do to the nodes of a cluster. */
export function mergedLeaving(all: readonly Leaving[]): Leaving {
  const ends = all.flatMap((each) => each.ends ?? []);
  return {
    nodes: [...new Set(all.flatMap(({ nodes }) => nodes))],
    surge: Math.max(0, ...all.map(({ surge }) => surge)),
    unavailable: Math.max(0, ...all.map(({ unavailable }) => unavailable)),
    ...(ends.length === 0 ? {} : { ends }),
  };
}
