const PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?Z$/;
const DAY_MS = 86_400_000;

/**
 * Milliseconds since the epoch of an ISO time in UTC (`2026-11-21T10:00:00.000Z`).
 * A text that is no such time counts as 0, that is as long past: a broken deadline has expired.
 */
export function parseTime(iso: string): number {
  const match = PATTERN.exec(iso);
  if (match === null) return 0;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const days = daysSinceEpoch(year ?? 1970, month ?? 1, day ?? 1);
  const millis = Number((match[7] ?? '0').padEnd(3, '0'));
  return days * DAY_MS + (hour ?? 0) * 3_600_000 + (minute ?? 0) * 60_000 + (second ?? 0) * 1000 + millis;
}

/** Days between 1970-01-01 and a civil date. Source: the proleptic Gregorian calendar, counted from March. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A time in words, to the minute: `2026-11-22 08:00 UTC`. `iso`: in UTC. */
export function timeInWords(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** A span in words: `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSpan(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 9950) return `${(whole / 1000).toFixed(1)} s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A span that somebody has set, as they would say it: `30 min`, where a measured one is `30 min 0 s`. */
export function spanAsSet(ms: number): string {
  return formatSpan(ms).replace(/ 0 (?:s|min)$/, '');
}
