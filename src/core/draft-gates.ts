import type { Approvals, GateSpec, PlannedStep } from './plan.ts';
import { decidingRoles, stricterOf } from './policy/demands.ts';
import { demanded } from './policy/waiting.ts';
import type { RunRequest } from './run-event.ts';
import type { DraftGate } from './runbook.ts';

/** What a plan asks of people in all, and who may ask for such a plan. */
export interface PlanDemand {
  /** By the rule that permits it, the defaults and the requirements. */
  readonly asked: Approvals;
  /** Roles that the rule permits it to. */
  readonly allow: readonly string[];
}

/**
 * Who must agree at a gate that a runbook asked for. Pure.
 *
 * `typed` and `choice`: whatever the plan itself asks for. `continue` only says that work outside is done: one person who may approve
 * such a run or ask for it, whoever asked included; a reminder comes at half of its time.
 */
export function approvalsAt(gate: Pick<GateSpec, 'kind'>, demand: PlanDemand, expiresMs?: number): Approvals {
  if (gate.kind !== 'continue') return demand.asked;
  const from = [...new Set([...decidingRoles(demand.asked, false), ...demand.allow])];
  const standsMs = expiresMs ?? demand.asked.expiresMs;
  return {
    required: 1,
    from,
    requesterMayApprove: true,
    expiresMs: standsMs,
    remindMs: Math.max(1, Math.floor(standsMs / 2)),
  };
}

/** The gates of a draft with who must agree, in the order in which they open. `added`: as for `standardGate`. */
export function draftedGates(
  request: RunRequest,
  steps: readonly PlannedStep[],
  drafts: readonly DraftGate[],
  added: Approvals | null = null,
): readonly GateSpec[] {
  const { approvals: own, requires = null, defaultApprovals: defaults, allow = [] } = request;
  const asked = demanded({ approvals: own, requires: stricterOf(requires, added), defaults }, steps) ?? defaults;
  return drafts.map(({ id, kind, beforeStep, title, expect, choices, expiresMs, instructions, watch }) => ({
    id,
    kind,
    beforeStep,
    title,
    approvals: approvalsAt({ kind }, { asked, allow }, expiresMs),
    expect,
    choices: [...choices],
    ...(instructions === undefined ? {} : { instructions }),
    ...(watch === undefined ? {} : { watch: { kind: watch.kind, input: watch.input } }),
  }));
}
