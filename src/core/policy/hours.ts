/** Hours of the week in a time zone, as configured: `Mon-Fri 09:00-17:00`. */
export interface Hours {
  /** As written, for people. */
  readonly hours: string;
  /** IANA name of the time zone. */
  readonly tz: string;
}

interface Span {
  /** Days on which it begins; 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes of the day; the end is not included. An end at or before the beginning is on the next day. */
  readonly from: number;
  readonly to: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const PATTERN = /^(?:([A-Za-z,-]+) +)?(\d{2}):(\d{2})-(\d{2}):(\d{2})$/;
const WHOLE_DAY = 24 * 60;

/**
 * Why a text is no hours of the week; `null`: it is. Days are `Mon`, `Mon-Fri` or `Sat,Sun`, left out: every day; times are
 * `HH:MM-HH:MM`, up to 24:00. An end before the beginning is on the next day.
 */
export function hoursProblem(text: string): string | null {
  return readSpan(text) === null ? 'expected days and times such as Mon-Fri 09:00-17:00, or 22:00-06:00' : null;
}

/** Why a text is no time zone; `null`: it is. */
export function zoneProblem(tz: string): string | null {
  return formatterOf(tz) === null ? 'expected the name of a time zone such as Europe/Berlin or UTC' : null;
}

/**
 * Whether a moment lies within the hours, by the clock on the wall there: an hour that is repeated when summer time ends counts
 * twice, one that is left out never comes. `null`: it cannot be told, because the text or the zone is none.
 */
export function withinHours(hours: Hours, atMs: number): boolean | null {
  const span = readSpan(hours.hours);
  const wall = wallClock(hours.tz, atMs);
  if (span === null || wall === null) return null;
  const { day, minute } = wall;
  if (span.from < span.to) return span.days.has(day) && minute >= span.from && minute < span.to;
  const begun = span.days.has(day) && minute >= span.from;
  return begun || (span.days.has((day + 6) % 7) && minute < span.to);
}

function readSpan(text: string): Span | null {
  const match = PATTERN.exec(text.trim());
  if (match === null) return null;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = match.slice(2).map(Number);
  const days = readDays(match[1] ?? 'sun-sat');
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  const real = fromMinute < 60 && toMinute < 60 && from < WHOLE_DAY && to <= WHOLE_DAY && from !== to;
  return days === null || !real ? null : { days, from, to };
}

function readDays(text: string): ReadonlySet<number> | null {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const from = DAYS.findIndex((day) => day === first);
    const to = DAYS.findIndex((day) => day === last);
    if (from < 0 || to < 0 || more.length > 0) return null;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}

function wallClock(tz: string, atMs: number): { readonly day: number; readonly minute: number } | null {
  const formatter = formatterOf(tz);
  if (formatter === null || !Number.isFinite(atMs)) return null;
  const parts = new Map(formatter.formatToParts(atMs).map((part) => [part.type, part.value]));
  const day = DAYS.findIndex((each) => each === parts.get('weekday')?.toLowerCase());
  const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  return day < 0 || Number.isNaN(minute) ? null : { day, minute };
}

const formatters = new Map<string, Intl.DateTimeFormat | null>();

/** Making one takes long, so each is made once. */
function formatterOf(tz: string): Intl.DateTimeFormat | null {
  const known = formatters.get(tz);
  if (known !== undefined) return known;
  const made = makeFormatter(tz);
  formatters.set(tz, made);
  return made;
}

function makeFormatter(tz: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: tz,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return null;
  }
}
