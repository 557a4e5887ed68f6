import type { Approvals, GateSpec, PlannedStep } from './plan.ts';
import { decidingRoles, stricterOf } from './policy/demands.ts';
import { demanded, POLICY_GATE } from './policy/waiting.ts';
import type { RunRequest } from './run-event.ts';
import type { AnyWatch, DraftGate, PlanDraft } from './runbook.ts';

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
  return drafts.map(({ id, kind, beforeStep, title, expect, choices, about, expiresMs, instructions, watch }) => ({
    id,
    kind,
    beforeStep,
    title,
    approvals: approvalsAt({ kind }, { asked, allow }, expiresMs),
    expect,
    choices: [...choices],
    ...(about === undefined ? {} : { about }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(watch === undefined ? {} : { watch: { kind: watch.kind, input: watch.input } }),
  }));
}

/** Ids, places and answers of a draft's gates that cannot be right, so that no plan with a gate that nobody can pass is ever shown; `null`: none. */
export function draftProblem(
  { steps, gates }: Pick<PlanDraft, 'steps' | 'gates'>,
  watches: readonly Pick<AnyWatch, 'kind'>[],
): string | null {
  const ids = [POLICY_GATE, ...gates.map(({ id }) => id)];
  const problems = gates.flatMap((gate) => {
    const { id, kind, beforeStep, expect, choices, about, watch } = gate;
    const problem = (words: string): string => `the gate ${id} ${words}`;
    return [
      ...(ids.filter((each) => each === id).length > 1
        ? [problem('is there twice, or has the name of the one of the policy')]
        : []),
      ...(steps.length > 0 && beforeStep >= steps.length ? [problem('stands before no step')] : []),
      ...((kind === 'typed') === (expect !== null && expect !== '')
        ? []
        : [problem('and its text to type do not fit')]),
      ...((kind === 'choice') === choices.length > 0 ? [] : [problem('and its choices do not fit')]),
      ...(about !== undefined && (kind === 'continue' || beforeStep === 0)
        ? [problem('asks about what no step can have left for it')]
        : []),
      ...(watch !== undefined && kind !== 'continue' ? [problem('has a watch, and people have to answer it')] : []),
      ...(watch !== undefined && !watches.some((each) => each.kind === watch.kind)
        ? [problem(`has a watch that the runbook does not declare: ${watch.kind}`)]
        : []),
    ];
  });
  return problems.length === 0 ? null : problems.join('; ');
}
