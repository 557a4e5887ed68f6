import { hasBegunToChange } from '../core/admission.ts';
import type { GateSpec } from '../core/plan.ts';
import type { ControlRecord } from '../core/ports/control-store.ts';
import type { Guard } from '../core/ports/run-store.ts';
import type { RunEventOf } from '../core/run-event.ts';
import { endOfGrant, judgeStanding, StandingApproval } from '../core/standing-approval.ts';
import type { InAdvance, NotInAdvance } from '../core/standing-use.ts';
import { parseTime } from '../core/time.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** What a standing approval means for a gate that is about to open. */
export interface StandingAt {
  /** It meets the gate: the decision. */
  readonly met?: Pick<RunEventOf<'gate-settled'>, 'by' | 'note' | 'inAdvance'>;
  /** Those who met it count as after an escalation. */
  readonly escalated?: boolean;
  /** It does not, and why. */
  readonly not?: NotInAdvance;
  /** The record that was judged: the decision is written only while it is the same. */
  readonly guard?: Guard;
}

/** A standing approval as it was stored; `null`: it cannot be read, and counts for nothing. */
export function readStanding(record: ControlRecord | null): StandingApproval | null {
  return StandingApproval.safeParse(record?.value).data ?? null;
}

/** Judges the standing approval that a run was proposed with; `null`: it was proposed without. */
export async function standingAt(deps: EngineDeps, session: Session, gate: GateSpec): Promise<StandingAt | null> {
  const { request, plan } = session.state();
  const use = request?.standing;
  if (request === null || plan === null || use === undefined) return null;
  const { schedule, question } = use;
  const record = await session.ask(async () => await deps.admission.control.read('standing', schedule));
  const policy = deps.policy();
  const verdict = judgeStanding({
    record: readStanding(record),
    request,
    plan,
    gate,
    policy,
    nowMs: deps.clock.nowMs(),
  });
  if (!verdict.counts) return { not: { schedule, why: verdict.why } };
  const { at, escalated } = verdict.grant;
  if (escalated && gate.approvals.escalate === undefined) return { not: { schedule, why: NOBODY_STANDS_IN } };
  const until = new Date(endOfGrant(verdict.grant, policy)).toISOString();
  return {
    met: { by: [...verdict.by], note: null, inAdvance: { schedule, question, at, until } },
    escalated,
    guard: { kind: 'standing', key: schedule, revision: record?.revision ?? null },
  };
}

const NOBODY_STANDS_IN = 'it was granted after an escalation, and by the policy now nobody stands in';

/** What is left of the standing approval by which a run was approved, before the run changes anything. */
export interface StillInAdvance {
  /** Why the run may not begin by it, in sentences, people as mentions; `null`: nothing stands against it. */
  readonly why: string | null;
  /** The record that was looked at: a step begins only while it is the same. */
  readonly guard?: Guard;
}

/**
 * Looks once more at the standing approval that decided a gate: the run may have waited since, for a window or a lock. People's own
 * decisions, and runs that began to change something, are not asked about. Throws as {@link Session.ask}.
 */
export async function stillInAdvance(deps: EngineDeps, session: Session): Promise<StillInAdvance> {
  const state = session.state();
  const used = state.gates.map((gate) => gate.settled?.inAdvance).find((each) => each !== undefined);
  if (used === undefined || hasBegunToChange(state)) return { why: null };
  const record = await session.ask(async () => await deps.admission.control.read('standing', used.schedule));
  const ended = endedSince(deps, used, record);
  const why = ended === null ? null : `${ended} before this run changed anything. ${NEXT}`;
  return { why, guard: { kind: 'standing', key: used.schedule, revision: record?.revision ?? null } };
}

const NEXT = 'Nothing was changed. Ask again, or run it by hand.';

function endedSince(deps: EngineDeps, { schedule, question }: InAdvance, record: ControlRecord | null): string | null {
  const grant = readStanding(record)?.granted ?? null;
  const which = `The standing approval of ${schedule}`;
  if (record === null) return `${which} was removed with its schedule`;
  if (grant === null) return `${which} could not be read`;
  if (grant.question !== question) return `${which} was replaced by another one`;
  const { over } = grant;
  if (over?.why === 'revoked')
    return `${which} was revoked${over.by === null ? '' : ` by <@${over.by.user}>`} ${stamp(parseTime(over.at))},`;
  const endMs = Math.min(endOfGrant(grant, deps.policy()), over === null ? Infinity : parseTime(over.at));
  return deps.clock.nowMs() < endMs && over === null ? null : `${which} ended ${stamp(endMs)},`;
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
