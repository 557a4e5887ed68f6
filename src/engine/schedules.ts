import type { Said, ScheduleAsk, Told } from '../core/control-desk.ts';
import type { ControlRecord } from '../core/ports/control-store.ts';
import { LEAST_PERIOD_MS, Schedule } from '../core/schedule.ts';
import { type ControlDeps, controlEntry } from './control-deps.ts';
import { questionOfStanding, revocation, withdraw } from './standing-approvals.ts';
import { readStanding } from './standing-gate.ts';

/** A schedule as it was stored; `null`: it cannot be read, and nothing is proposed from it. */
export function readSchedule(record: ControlRecord): Schedule | null {
  return Schedule.safeParse(record.value).data ?? null;
}

/** All schedules that can be read, by id. */
export async function listSchedules({ admission }: Pick<ControlDeps, 'admission'>): Promise<readonly Schedule[]> {
  return (await admission.control.list('schedule')).map(readSchedule).filter((each) => each !== null);
}

/** Stores a schedule, or says why not. The same delivery twice makes one. */
export async function addSchedule(deps: ControlDeps, said: Said, ask: ScheduleAsk): Promise<Told<Schedule>> {
  const { calendar, control } = deps.admission;
  const spec = { cron: ask.cron, tz: ask.tz };
  const problem = calendar.problem(spec);
  if (problem !== null) return { ok: false, reason: 'mistake', why: `${problem}.` };
  const nextMs = calendar.next(spec, deps.clock.nowMs());
  if (nextMs === null) return { ok: false, reason: 'mistake', why: `"${ask.cron}" does not come again.` };
  if (tooOften(nextMs, (after) => calendar.next(spec, after)))
    return { ok: false, reason: 'mistake', why: `"${ask.cron}" comes more often than once an hour.` };
  const known = (await listSchedules(deps)).find((each) => each.request === said.idempotencyKey);
  if (known !== undefined) return { ok: true, value: known };
  const id = `sched-${ask.cluster}-${deps.ids.suffix()}`;
  const { standingMs, ...what } = ask;
  const value: Schedule = {
    ...what,
    flags: [...ask.flags],
    id,
    by: said.actor,
    at: deps.clock.nowIso(),
    nextAt: new Date(nextMs).toISOString(),
    last: null,
    request: said.idempotencyKey,
  };
  const asked = standingMs === undefined ? null : questionOfStanding(deps, said, standingMs);
  const standing = { schedule: id, cluster: ask.cluster, asked, granted: null };
  const also = asked === null ? {} : { also: { kind: 'standing' as const, key: id, value: standing } };
  const until = asked === null ? {} : { standingUntil: asked.until };
  const detail = { id, text: ask.text, cron: ask.cron, tz: ask.tz, next: value.nextAt, ...until };
  const audit = [controlEntry(deps, 'schedule', said, ask.cluster, detail)];
  const written = await control.write({ kind: 'schedule', key: id, seen: null, value, audit, ...also });
  return written.kind === 'ok' ? { ok: true, value } : { ok: false, reason: 'changed-meanwhile', why: '' };
}

const LOOKED_AT = 50;

function tooOften(firstMs: number, next: (afterMs: number) => number | null): boolean {
  let current = firstMs;
  for (let each = 0; each < LOOKED_AT; each += 1) {
    const after = next(current);
    if (after === null) return false;
    if (after - current < LEAST_PERIOD_MS) return true;
    current = after;
  }
  return false;
}

/** Removes a schedule as it was shown, with its standing approval. What it has proposed goes on. */
export async function removeSchedule(deps: ControlDeps, said: Said, shown: Schedule): Promise<Told<Schedule>> {
  const { control } = deps.admission;
  for (;;) {
    const record = await control.read('schedule', shown.id);
    if (record === null) return { ok: false, reason: 'unknown-schedule', why: `You asked for "${shown.id}".` };
    const detail = { id: shown.id, text: shown.text, cron: shown.cron, tz: shown.tz, scheduledBy: shown.by.user };
    const standing = readStanding(await control.read('standing', shown.id));
    const audit = [
      controlEntry(deps, 'unschedule', said, shown.cluster, detail),
      ...(standing === null ? [] : [revocation(deps, said, standing)]),
    ];
    const also = { kind: 'standing', key: shown.id, value: null } as const;
    const place = { kind: 'schedule', key: shown.id, seen: record.revision } as const;
    const written = await control.write({ ...place, value: null, audit, also });
    // A firing moved it on meanwhile: it is the same schedule.
    if (written.kind !== 'ok') continue;
    if (standing !== null) await withdraw(deps, said, standing);
    return { ok: true, value: shown };
  }
}
