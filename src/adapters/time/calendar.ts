import { Cron } from 'croner';
import type { Calendar, CronSpec, LocalTime } from '../../core/ports/calendar.ts';

const DAY_MS = 86_400_000;
const KEPT = 200;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Calendars and clocks by `Intl`, cron expressions by croner. */
export const systemCalendar: Calendar = {
  problem: (spec) => zoneProblem(spec.tz) ?? cronProblem(spec),
  next: (spec, afterMs) => cronOf(spec).nextRun(new Date(afterMs))?.getTime() ?? null,
  // Croner looks strictly before, in whole seconds.
  previous: (spec, atMs) =>
    cronOf(spec)
      .previousRuns(1, new Date((Math.floor(atMs / 1000) + 1) * 1000))
      .at(0)
      ?.getTime() ?? null,
  dayOf: (ms, tz) => {
    const { year, month, day } = localOf(ms, tz);
    return { year, month, day };
  },
  instantOf,
  words: (ms, tz) => {
    const parts = new Map(partsOf(ms, tz).map(({ type, value }) => [type, value]));
    const at = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    const month = MONTHS[Number(at('month')) - 1] ?? '';
    return `${at('weekday')} ${at('day')} ${month} ${at('year')} ${at('hour')}:${at('minute')} ${tz}`;
  },
};

/** Lists and ranges count as fixed times too: `0 2,14 * * *` opens once where an hour occurs twice. */
const OPTIONS = { paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' } as const;
const crons = new Map<string, Cron>();

function cronOf(spec: CronSpec): Cron {
  const key = `${spec.cron}\n${spec.tz}`;
  const known = crons.get(key);
  if (known !== undefined) return known;
  if (crons.size >= KEPT) crons.clear();
  const made = new Cron(spec.cron, { ...OPTIONS, timezone: spec.tz });
  crons.set(key, made);
  return made;
}

function zoneProblem(tz: string): string | null {
  try {
    formatOf(tz);
    return null;
  } catch {
    return `"${tz}" is no time zone such as Europe/Berlin`;
  }
}

function cronProblem(spec: CronSpec): string | null {
  const wanted = 'five fields are wanted: minute, hour, day, month, weekday, such as "0 2 * * SUN"';
  if (spec.cron.trim().split(/\s+/).length !== 5) return `"${spec.cron}" is no cron expression: ${wanted}`;
  try {
    const never = new Cron(spec.cron, { ...OPTIONS, timezone: spec.tz }).nextRun(new Date(0)) === null;
    return never ? `"${spec.cron}" never comes` : null;
  } catch {
    return `"${spec.cron}" is no cron expression: ${wanted}`;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(tz: string): Intl.DateTimeFormat {
  const known = formats.get(tz);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: tz,
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (formats.size >= KEPT) formats.clear();
  formats.set(tz, made);
  return made;
}

function partsOf(ms: number, tz: string): readonly Intl.DateTimeFormatPart[] {
  return formatOf(tz).formatToParts(new Date(ms));
}

function localOf(ms: number, tz: string): LocalTime {
  const parts = new Map(partsOf(ms, tz).map(({ type, value }) => [type, value]));
  const at = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return {
    year: at('year'),
    month: at('month'),
    day: at('day'),
    hour: at('hour'),
    minute: at('minute'),
  };
}

function clockMs({ year, month, day, hour, minute }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** How far the clock of a zone is ahead of UTC at an instant, ms. */
function offsetMs(ms: number, tz: string): number {
  return clockMs(localOf(ms, tz)) - Math.floor(ms / 60_000) * 60_000;
}

function instantOf(local: LocalTime, tz: string): number {
  const wanted = clockMs(local);
  // Every offset of a zone around a moment is its offset a day before or a day after.
  const [before, after] = [offsetMs(wanted - DAY_MS, tz), offsetMs(wanted + DAY_MS, tz)];
  const exact = [wanted - before, wanted - after].filter((ms) => clockMs(localOf(ms, tz)) === wanted);
  if (exact.length > 0) return Math.max(...exact);
  return endOfGap(wanted - Math.max(before, after), wanted - Math.min(before, after), tz);
}

/** The first instant at which the clock has jumped, between one before the gap and one after it. */
function endOfGap(fromMs: number, toMs: number, tz: string): number {
  const target = offsetMs(toMs, tz);
  let [low, high] = [fromMs - DAY_MS, toMs];
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 2 / 60_000) * 60_000;
    if (offsetMs(middle, tz) === target) high = middle;
    else low = middle;
  }
  return high;
}
