import { weightOf } from '../../src/core/etcd/diagnosis/condition.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { mayReplace } from '../../src/core/etcd/membership.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import { addLearnerStep } from '../steps/add-learner-step.ts';
import type { RemovalKind } from '../steps/judge-removal.ts';
import { moveLeaderStep } from '../steps/move-leader-step.ts';
import { promoteStep } from '../steps/promote-step.ts';
import { removeMemberStep } from '../steps/remove-member-step.ts';
import type { CaseBasis, CaseLine, LineGate, ReplacePlanContext } from './case-plan.ts';
import { goOnGate, removalGate } from './gates.ts';
import type { TargetRef } from './input.ts';
import type { MachineRef } from './machine.ts';
import { setAsideDataStep } from './set-aside-data-step.ts';
import { startMemberStep } from './start-member-step.ts';
import { stopMemberStep } from './stop-member-step.ts';

/** A line without gates. */
export function line(step: PlannedStep, forecast: string, estimateMs: number | null): CaseLine {
  return { step, forecast, estimateMs };
}

/** The line with gates that open before it, beside those it has. */
export function behind(gates: readonly LineGate[], [first, ...rest]: readonly CaseLine[]): readonly CaseLine[] {
  if (first === undefined) return [];
  return [{ ...first, gates: [...gates, ...(first.gates ?? [])] }, ...rest];
}

/** The member as lists and gates name it; `null`: it was removed before anybody asked. */
export function targetOf({ target }: CaseBasis): TargetRef | null {
  if (target === null) return null;
  const { id, name, peerUrls } = target.member.member;
  return { id, name, peerUrls: [...peerUrls] };
}

/** Why it goes, as removals judge it. One that lags is not removed when it has caught up. */
export function removalKindOf({ case: id, target }: CaseBasis): RemovalKind {
  if (id === 'swap') return 'swap';
  if (target === null || target.condition === 'lagging') return 'dead';
  const { learner, status } = target.member;
  return weightOf(target.condition, { learner, answers: status !== null }) === 'dead' ? 'dead' : 'sick';
}

/** The gate before the first line that changes something: on the way to the removal, or behind one that was made before. */
export function removalGates(basis: CaseBasis): readonly LineGate[] {
  const target = targetOf(basis);
  if (target === null) return [goOnGate(basis.name, basis.planned.members.filter(({ learner }) => !learner).length)];
  return [removalGate(target, mayReplace(basis.diagnosis.members, target.id, basis.case === 'swap').why)];
}

/** Leadership away from it, where it answers and so may lead; then out of the list. None where it is out of it already. */
export function removalLines(basis: CaseBasis): readonly CaseLine[] {
  const target = targetOf(basis);
  if (target === null) return [];
  const why = removalKindOf(basis);
  const { planned, alsoDead } = basis;
  const step = removeMemberStep.plan({ ring: planned, mayJoin: null, target, why, alsoDead: [...alsoDead] });
  const left = planned.members.filter(({ learner }) => !learner).length - (why === 'swap' ? 0 : 1);
  const forecast =
    why === 'swap'
      ? `The ring stays at ${left} voters: the new one votes already.`
      : `${left} voters are left until the new one votes. Reads and writes go on.`;
  return [line(step, forecast, 15_000)];
}

/** Leadership away from a member that answers, before its process is ended. */
export function moveLeaderLines(basis: CaseBasis): readonly CaseLine[] {
  const target = targetOf(basis);
  if (target === null || basis.target?.member.status === null) return [];
  const step = moveLeaderStep.plan({ ring: basis.planned, mayJoin: null, target });
  return [line(step, 'Nothing, if another member leads; else one election, about a second.', 10_000)];
}

/**
 * The old process ended, and kept from starting again.
 *
 * @param peerUrls those of a member that is out of the list already
 */
export function stopLine(basis: CaseBasis, machine: MachineRef, peerUrls: readonly string[]): CaseLine {
  const target = targetOf(basis) ?? { id: null, name: basis.name, peerUrls: [...peerUrls] };
  const step = stopMemberStep.plan({
    ring: basis.planned,
    mayJoin: null,
    machine,
    target,
    why: removalKindOf(basis),
    alsoDead: [...basis.alsoDead],
  });
  return line(step, 'Its etcd stays stopped, also when the machine restarts; its data stay where they are.', 30_000);
}

/** Its data kept aside, once it is out of the list. */
export function asideLine(basis: CaseBasis, machine: MachineRef): CaseLine {
  const targetId = targetOf(basis)?.id ?? null;
  const step = setAsideDataStep.plan({ ring: basis.planned, mayJoin: null, machine, targetId });
  return line(step, 'Its data are kept, and nothing starts with them.', 10_000);
}

/** A learner in the list. */
export function addLine(basis: CaseBasis, name: string, peerUrls: readonly string[]): CaseLine {
  const step = addLearnerStep.plan({
    ring: basis.planned,
    mayJoin: null,
    name,
    peerUrls: [...peerUrls],
    ...wellIn(basis),
  });
  return line(step, 'A learner does not vote: nothing depends on it yet.', 15_000);
}

/** Its process. */
export function startLine({ planned }: CaseBasis, machine: MachineRef, name: string): CaseLine {
  const step = startMemberStep.plan({ ring: planned, mayJoin: null, machine, name });
  return line(step, 'It takes the whole database from the leader, which has that much more to send meanwhile.', 30_000);
}

/** In a planned swap nothing was removed when the new member comes. */
function wellIn({ case: id }: CaseBasis): { readonly allWell?: true } {
  return id === 'swap' ? { allWell: true } : {};
}

/** A vote for it. */
export function promoteLine({ cluster }: ReplacePlanContext, basis: CaseBasis, name: string): CaseLine {
  const { joinedMs, caughtUpMs } = cluster.replace;
  const step = promoteStep.plan({ ring: basis.planned, mayJoin: null, name, joinedMs, caughtUpMs, ...wellIn(basis) });
  return line(step, 'Waits until it has caught up; then it votes.', null);
}

/** What people call the member to be replaced. */
export function basisWords(basis: CaseBasis): string {
  const target = targetOf(basis);
  return target === null ? basis.name : memberWords(target);
}
