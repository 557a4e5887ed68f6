/** A repeating instant: five cron fields (minute, hour, day, month, weekday), read in an IANA time zone. */
export interface CronSpec {
  readonly cron: string;
  readonly tz: string;
}

/** A day on the calendar of some zone. `month` and `day` count from 1. */
export interface LocalDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time on the clock of some zone. */
export interface LocalTime extends LocalDay {
  readonly hour: number;
  readonly minute: number;
}

/**
 * Calendars and clocks on walls. Pure: the same question has the same answer. Instants are milliseconds since the epoch. A cron time that the clock
 * skips is the first instant after the gap; one that occurs twice is the first of the two. Zones are checked before
 * (`problem`); an unknown one throws.
 */
export interface Calendar {
  /** Why this is no cron expression or no zone, in a few words; `null`: it is. */
  problem(spec: CronSpec): string | null;
  /** The first instant after `afterMs`; `null`: there is none. */
  next(spec: CronSpec, afterMs: number): number | null;
  /** The last instant at or before `atMs`; `null`: there is none. */
  previous(spec: CronSpec, atMs: number): number | null;
  /** The day it is in a zone. */
  dayOf(ms: number, tz: string): LocalDay;
  /**
   * The instant of a time in a zone: after a gap when the clock skips it, the second when it occurs twice. Days and months that are
   * too large carry over (the 32nd of December is the 1st of January).
   */
  instantOf(local: LocalTime, tz: string): number;
  /** An instant for people: `Sun 29 Nov 2026 02:00 Europe/Berlin`. */
  words(ms: number, tz: string): string;
}
