import type { JsonObject } from '../../../src/core/json.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { PlanContext } from '../../../src/core/runbook.ts';
import type { ReportTable } from '../../../src/core/state-report.ts';
import type { Leaving } from '../../node-groups/provider.ts';

/** What is to be upgraded, and what its nodes go through. */
export interface PreflightOrder {
  /** Version of the control plane now; `null`: nobody can tell. */
  readonly from: string | null;
  /** Target with its `v`: `v1.31.4`. */
  readonly to: string;
  /** The control plane itself is upgraded. */
  readonly controlPlane: boolean;
  /** The groups that are upgraded; empty: only the control plane. */
  readonly groups: readonly NodeGroup[];
  readonly leaving: Leaving;
  /** Somebody accepts that removed APIs are in use (`--over-removed-apis`): what would block warns. */
  readonly overRemovedApis?: boolean;
}

/** What was found. Measurements stand in `checks`, `notes` and `before`; `facts` are versions only. */
export interface Preflight {
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  readonly facts: JsonObject;
}

/** Looks whether a cluster can be upgraded. Reads only; what could not be read is told. */
export async function planPreflight(context: PlanContext<'kubernetes'>, order: PreflightOrder): Promise<Preflight> {
  context.signal.throwIfAborted();
  return await Promise.resolve({ checks: [], notes: [], before: [], facts: { to: order.to } });
}
