import { z } from 'zod';
import { Actor } from './actor.ts';
import { parseDuration } from './duration.ts';
import type { Calendar } from './ports/calendar.ts';
import { parseTime } from './time.ts';

/** A cluster that must not be changed for a time, as it is stored. Times are ISO. */
export const Freeze = z.object({
  cluster: z.string(),
  by: Actor,
  at: z.string(),
  /** The instant at which it ends; `null`: when somebody lifts it. */
  until: z.string().nullable(),
  /** That instant for people, with its zone; empty when there is none. */
  untilWords: z.string(),
  reason: z.string(),
  /** The delivery that set it: the same one again changes nothing. */
  request: z.string(),
});
export type Freeze = z.infer<typeof Freeze>;

/** Whether a freeze holds at an instant. It ends by its time alone, whoever has noticed. */
export function isInForce(freeze: Freeze, nowMs: number): boolean {
  return freeze.until === null || nowMs < parseTime(freeze.until);
}

/** A freeze in one sentence, people as mentions: `prod is frozen until Wed 2 Dec 2026 00:00 Europe/Berlin by <@U…>: holiday`. */
export function freezeInWords(freeze: Freeze): string {
  const until = freeze.until === null ? 'until somebody lifts it' : `until ${freeze.untilWords}`;
  return `${freeze.cluster} is frozen ${until} by <@${freeze.by.user}>: ${freeze.reason}`;
}

/** What `--until` means: an instant (ms; `null`: until it is lifted), or why it cannot be told. */
export type Until =
  | { readonly ok: true; readonly untilMs: number | null }
  | { readonly ok: false; readonly text: string };

/** The word for a freeze without an end. */
export const UNTIL_LIFTED = 'lifted';
const MINUTE_MS = 60_000;
const LONGEST_MS = 366 * 86_400_000;
const FORMS = `Write a day (2026-12-01: to the end of that day), a time ("2026-12-01 18:00" or 18:00), a duration (4h), or ${UNTIL_LIFTED}`;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::00)?(Z?)$/;
const CLOCK = /^(\d{1,2}):(\d{2})$/;

/** Reads `--until`. Days and times are those of the zone; a day means its end, a time of day the next time the clock shows it. */
export function readUntil(text: string, nowMs: number, tz: string, calendar: Calendar): Until {
  const given = text.trim();
  if (given.toLowerCase() === UNTIL_LIFTED) return { ok: true, untilMs: null };
  const untilMs = instantOf(given, nowMs, tz, calendar);
  if (untilMs === null) return { ok: false, text: `"${given}" is no end of a freeze. ${FORMS}.` };
  if (untilMs <= nowMs) return { ok: false, text: `"${given}" is over already. ${FORMS}.` };
  if (untilMs - nowMs > LONGEST_MS) {
    return {
      ok: false,
      text: `"${given}" is more than a year away. Write --until ${UNTIL_LIFTED} when no end is known.`,
    };
  }
  return { ok: true, untilMs };
}

function instantOf(given: string, nowMs: number, tz: string, calendar: Calendar): number | null {
  const durationMs = parseDuration(given);
  // People read minutes: what they read is what holds.
  if (durationMs !== null) return durationMs === 0 ? nowMs : Math.ceil((nowMs + durationMs) / MINUTE_MS) * MINUTE_MS;
  const midnight = { hour: 0, minute: 0 };
  const [, ...day] = (DAY.exec(given) ?? []).map(Number);
  const [year, month, date] = day;
  if (year !== undefined && month !== undefined && date !== undefined)
    return isDay(year, month, date) ? calendar.instantOf({ year, month, day: date + 1, ...midnight }, tz) : null;
  const time = TIME.exec(given);
  if (time !== null) {
    const [y = 0, m = 0, d = 0, hour = 0, minute = 0] = time.slice(1, 6).map(Number);
    if (!isDay(y, m, d) || !isClock(hour, minute)) return null;
    return calendar.instantOf({ year: y, month: m, day: d, hour, minute }, time[6] === 'Z' ? 'UTC' : tz);
  }
  const [hour, minute] = (CLOCK.exec(given) ?? []).slice(1).map(Number);
  if (hour === undefined || minute === undefined || !isClock(hour, minute)) return null;
  const today = calendar.dayOf(nowMs, tz);
  const atMs = calendar.instantOf({ ...today, hour, minute }, tz);
  return atMs > nowMs ? atMs : calendar.instantOf({ ...today, day: today.day + 1, hour, minute }, tz);
}

function isClock(hour: number, minute: number): boolean {
  return hour < 24 && minute < 60;
}

function isDay(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day >= 1 && day <= (days[month - 1] ?? 0);
}
