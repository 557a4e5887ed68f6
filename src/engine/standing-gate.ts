import type { GateSpec } from '../core/plan.ts';
import type { ControlRecord } from '../core/ports/control-store.ts';
import type { Guard } from '../core/ports/run-store.ts';
import type { RunEventOf } from '../core/run-event.ts';
import { endOfGrant, judgeStanding, StandingApproval } from '../core/standing-approval.ts';
import type { NotInAdvance } from '../core/standing-use.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** What a standing approval means for a gate that is about to open. */
export interface StandingAt {
  /** It meets the gate: the decision. */
  readonly met?: Pick<RunEventOf<'gate-settled'>, 'by' | 'note' | 'inAdvance'>;
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
  const { at } = verdict.grant;
  const until = new Date(endOfGrant(verdict.grant, policy)).toISOString();
  return {
    met: { by: [...verdict.by], note: null, inAdvance: { schedule, question, at, until } },
    guard: { kind: 'standing', key: schedule, revision: record?.revision ?? null },
  };
}
