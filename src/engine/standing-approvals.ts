import { sameActor } from '../core/actor.ts';
import type { Said, Told } from '../core/control-desk.ts';
import { EVENT_VERSION, type RunEvent } from '../core/run-event.ts';
import { foldRun } from '../core/run-state.ts';
import type { Schedule } from '../core/schedule.ts';
import type { StandingApproval, StandingAsked } from '../core/standing-approval.ts';
import { auditOf } from './audit-of.ts';
import { type ControlDeps, controlEntry } from './control-deps.ts';
import { readStanding } from './standing-gate.ts';

/** All standing approvals that can be read, by schedule; also those that are only asked for, or over. */
export async function listStandings({
  admission,
}: Pick<ControlDeps, 'admission'>): Promise<readonly StandingApproval[]> {
  return (await admission.control.list('standing')).map(readStanding).filter((each) => each !== null);
}

/** The question as it is stored: it ends so long (ms) after now. */
export function questionOfStanding({ clock }: Pick<ControlDeps, 'clock'>, said: Said, lastsMs: number): StandingAsked {
  const until = new Date(clock.nowMs() + lastsMs).toISOString();
  return { by: said.actor, at: clock.nowIso(), until, key: said.idempotencyKey, run: null };
}

/** Asks once more for the runs of a schedule. What was granted before stands meanwhile. The same delivery twice asks once. */
export async function askStanding(
  deps: ControlDeps,
  said: Said,
  { id, cluster, by }: Schedule,
  lastsMs: number,
): Promise<Told<StandingApproval>> {
  const { control } = deps.admission;
  // Its runs are asked for as that person, who must not be among those who approve.
  if (!sameActor(by, said.actor))
    return {
      ok: false,
      reason: 'not-permitted',
      why: `<@${by.user}> made ${id}, and only that person asks for its standing approval.`,
    };
  for (;;) {
    if ((await control.read('schedule', id)) === null)
      return { ok: false, reason: 'unknown-schedule', why: `You asked for "${id}".` };
    const record = await control.read('standing', id);
    const before = readStanding(record);
    if (before?.asked?.key === said.idempotencyKey) return { ok: true, value: before };
    if (before !== null && before.asked !== null)
      return { ok: false, reason: 'mistake', why: `It is asked for already${inRun(before.asked)}.` };
    const asked = questionOfStanding(deps, said, lastsMs);
    const value: StandingApproval = { schedule: id, cluster, asked, granted: before?.granted ?? null };
    const audit = [controlEntry(deps, 'standing', said, cluster, { id, until: asked.until })];
    const written = await control.write({ kind: 'standing', key: id, seen: record?.revision ?? null, value, audit });
    if (written.kind === 'ok') return { ok: true, value };
  }
}

function inRun({ run }: StandingAsked): string {
  return run === null ? '' : `: decide at ${run}, or cancel it`;
}

/** Ends what was granted for a schedule, and withdraws what is asked. Runs that it has let begin go on. */
export async function revokeStanding(
  deps: ControlDeps,
  said: Said,
  { id, cluster }: Schedule,
): Promise<Told<StandingApproval>> {
  const { control } = deps.admission;
  for (;;) {
    const record = await control.read('standing', id);
    const before = readStanding(record);
    const granted = before?.granted ?? null;
    const live = granted !== null && granted.over === null;
    if (record === null || before === null || (before.asked === null && !live))
      return { ok: false, reason: 'mistake', why: `Runs of ${id} are not approved in advance.` };
    const over = { why: 'revoked' as const, at: deps.clock.nowIso(), by: said.actor };
    const value: StandingApproval = { ...before, asked: null, granted: live ? { ...granted, over } : granted };
    const audit = [revocation(deps, said, before)];
    const written = await control.write({ kind: 'standing', key: id, seen: record.revision, value, audit });
    if (written.kind !== 'ok') continue;
    await withdraw(deps, said, { cluster, asked: before.asked });
    return { ok: true, value };
  }
}

/** The entry of a revocation. */
export function revocation(deps: ControlDeps, said: Said, { schedule, cluster, asked, granted }: StandingApproval) {
  const detail = { id: schedule, asked: asked?.run ?? null, grantedIn: granted?.question ?? null };
  return controlEntry(deps, 'standing-revoke', said, cluster, detail);
}

/** Cancels the run that asks, so that nobody decides for nothing. Its decision does not count in any case. */
export async function withdraw(
  deps: ControlDeps,
  said: Said,
  { cluster, asked }: { readonly cluster: string; readonly asked: StandingAsked | null },
): Promise<void> {
  const run = asked?.run ?? null;
  if (run === null) return;
  for (;;) {
    const record = await deps.store.read(run);
    const state = record === null ? null : foldRun(record);
    if (state === null || state.unknown !== null || state.ending !== null || state.ended !== null) return;
    if (state.cancel !== null) return;
    const event: RunEvent = { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'cancel-requested', actor: said.actor };
    const result = await deps.store.append(run, {
      writer: { kind: 'other', idempotencyKey: null },
      seen: state.version,
      events: [event],
      audit: [auditOf({ run, cluster }, event)],
      dueMs: deps.clock.nowMs(),
    });
    if (result.kind === 'stale') continue;
    // The sweep finds it as well.
    return await deps.doorbell.ring(run).catch(() => undefined);
  }
}
