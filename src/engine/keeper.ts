import type { AskResult } from '../core/desk.ts';
import { freezeInWords, isInForce } from '../core/freeze.ts';
import { Notice } from '../core/notice.ts';
import type { ControlRecord } from '../core/ports/control-store.ts';
import { REASONS } from '../core/reasons.ts';
import { type DueTimes, dueTimes, type Schedule } from '../core/schedule.ts';
import { parseTime } from '../core/time.ts';
import { readFreeze } from './admission.ts';
import { controlEntry } from './control-deps.ts';
import { messageOf } from './control-flow.ts';
import { type KeeperDeps, noticeFor, propose } from './propose.ts';
import { readSchedule } from './schedules.ts';
import { keepStanding, standingUse } from './standing-keeping.ts';

export type { KeeperDeps } from './propose.ts';

/**
 * One round of the elected process: removes freezes that are over, proposes what schedules want now, reports what was missed, looks after
 * standing approvals, and tells what is to be told. One record that fails holds up no other. Throws only when the control store cannot be listed.
 */
export async function keep(deps: KeeperDeps): Promise<void> {
  const { control } = deps.admission;
  for (const record of await control.list('freeze')) await each(deps, record, endFreeze);
  for (const record of await control.list('schedule')) await each(deps, record, fire);
  for (const record of await control.list('standing')) await each(deps, record, keepStanding);
  for (const record of await control.list('notice')) await each(deps, record, deliver);
}

async function each(
  deps: KeeperDeps,
  record: ControlRecord,
  work: (deps: KeeperDeps, record: ControlRecord) => Promise<void>,
): Promise<void> {
  try {
    await work(deps, record);
  } catch (thrown) {
    deps.log.warn('a record could not be looked after; it is tried again', {
      kind: record.kind,
      key: record.key,
      error: messageOf(thrown),
    });
  }
}

/** Looks at one schedule that was rung. Any process may, at any time: the record says whether something is due. */
export async function fireSchedule(deps: KeeperDeps, id: string): Promise<void> {
  const record = await deps.admission.control.read('schedule', id);
  if (record !== null) await fire(deps, record);
}

async function endFreeze(deps: KeeperDeps, record: ControlRecord): Promise<void> {
  const freeze = readFreeze(record);
  if (isInForce(freeze, deps.clock.nowMs())) return;
  const detail = { until: freeze.until, frozenBy: freeze.by.user, since: freeze.at, reason: freeze.reason };
  const audit = [controlEntry(deps, 'freeze-over', null, freeze.cluster, detail)];
  const lines = [`It was: ${freezeInWords(freeze)}.`, 'Requests are accepted again.'];
  await deps.admission.control.write({
    kind: 'freeze',
    key: record.key,
    seen: record.revision,
    value: null,
    audit,
    ...noticeFor(
      deps,
      freeze.cluster,
      `freeze ${freeze.cluster} ${record.revision}`,
      `${freeze.cluster} is not frozen any more`,
      lines,
    ),
  });
}

async function fire(deps: KeeperDeps, record: ControlRecord): Promise<void> {
  const schedule = readSchedule(record);
  if (schedule === null) return;
  const nowMs = deps.clock.nowMs();
  const fromMs = parseTime(schedule.nextAt);
  if (fromMs > nowMs) return;
  const { calendar } = deps.admission;
  const due = dueTimes(fromMs, nowMs, (afterMs) => calendar.next(schedule, afterMs));
  // Somebody may have proposed it and died before the record was moved on: then it was not missed.
  const run = due.fireMs === fromMs ? null : await deps.store.requested(keyOf(schedule, fromMs));
  const before = run === null ? null : { nominal: isoOf(fromMs), outcome: 'proposed' as const, run, why: '' };
  const left = before === null ? due : { ...due, missedMs: due.missedMs.slice(1), missed: due.missed - 1 };
  const proposed = left.fireMs === null ? null : await proposeFiring(deps, schedule, left.fireMs);
  await moveOn(deps, { record, schedule, due: left, before, proposed });
}

/** The same nominal time makes one run, whoever asks and how often. */
async function proposeFiring(deps: KeeperDeps, schedule: Schedule, nominalMs: number): Promise<AskResult> {
  const standing = await standingUse(deps, schedule);
  return await propose(deps, schedule, {
    actor: schedule.by,
    order: schedule.order,
    flags: schedule.flags,
    idempotencyKey: keyOf(schedule, nominalMs),
    ...(standing === null ? {} : { standing }),
  });
}

function keyOf({ id }: Schedule, nominalMs: number): string {
  return `schedule/${id}/${isoOf(nominalMs)}`;
}

interface Moved {
  readonly record: ControlRecord;
  readonly schedule: Schedule;
  readonly due: DueTimes;
  /** The oldest, when it was proposed before; it is not in `due`. */
  readonly before: Schedule['last'];
  readonly proposed: AskResult | null;
}

/** Stores what became of the nominal times, with its entries and what the channel is told. Somebody faster has done it already. */
async function moveOn(deps: KeeperDeps, { record, schedule, due, before, proposed }: Moved): Promise<void> {
  const { id, cluster, text } = schedule;
  const by = { actor: schedule.by, idempotencyKey: '' };
  const missed = due.missedMs.map((ms) => ({
    ...controlEntry(deps, 'schedule-missed', by, cluster, { id, text, nominal: isoOf(ms), missed: due.missed }),
    reason: 'firing-missed',
  }));
  const last = lastOf(due, proposed) ?? before;
  const firings = [before, due.fireMs === null ? null : last].filter((firing) => firing !== null);
  const fired = firings.map((firing) => controlEntry(deps, 'schedule-fire', by, cluster, { id, text, ...firing }));
  const lines = [...missedLines(deps, schedule, due), ...refusedLines(proposed)];
  const value = due.nextMs === null ? null : { ...schedule, nextAt: isoOf(due.nextMs), last: last ?? schedule.last };
  const title = `Schedule ${id} on ${cluster} did not start a run`;
  await deps.admission.control.write({
    kind: 'schedule',
    key: record.key,
    seen: record.revision,
    value,
    audit: [...missed, ...fired],
    ...(lines.length === 0
      ? {}
      : noticeFor(deps, cluster, `schedule ${id} ${schedule.nextAt}`, title, [
          `${text}, scheduled by <@${schedule.by.user}>.`,
          ...lines,
        ])),
  });
}

function lastOf(due: DueTimes, proposed: AskResult | null): Schedule['last'] {
  if (due.fireMs !== null && proposed !== null) {
    const nominal = isoOf(due.fireMs);
    return proposed.kind === 'refused'
      ? { nominal, outcome: 'refused', run: null, why: `${REASONS[proposed.reason].text} ${proposed.why}`.trim() }
      : { nominal, outcome: 'proposed', run: proposed.runId, why: '' };
  }
  const newest = due.missedMs.at(-1);
  return newest === undefined ? null : { nominal: isoOf(newest), outcome: 'missed', run: null, why: '' };
}

function missedLines(deps: KeeperDeps, schedule: Schedule, due: DueTimes): readonly string[] {
  if (due.missed === 0) return [];
  const { calendar } = deps.admission;
  const told = due.missedMs.map((ms) => calendar.words(ms, schedule.tz)).join('; ');
  const more = due.missed > due.missedMs.length ? ` and ${due.missed - due.missedMs.length} more` : '';
  return [`Missed, and not run late: ${told}${more}. ${REASONS['firing-missed'].next}`];
}

function refusedLines(proposed: AskResult | null): readonly string[] {
  if (proposed?.kind !== 'refused') return [];
  const { text, next } = REASONS[proposed.reason];
  return [`Refused: ${text} ${proposed.why}`.trim(), next];
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

async function deliver(deps: KeeperDeps, record: ControlRecord): Promise<void> {
  const notice = Notice.safeParse(record.value);
  if (notice.success && !(await deps.tell(notice.data, record.key))) return;
  await deps.admission.control.write({
    kind: 'notice',
    key: record.key,
    seen: record.revision,
    value: null,
    audit: [],
  });
}
