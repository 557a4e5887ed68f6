import type { Calendar, CronSpec } from './ports/calendar.ts';

/** A maintenance window: opens at the instants of a cron expression and stays open for `durationMs` of elapsed time. */
export interface WindowSpec extends CronSpec {
  readonly durationMs: number;
}

/** Whether a cluster may be changed now. Times are ms since the epoch; `null` where there is none within {@link HORIZON_MS}. */
export type WindowState =
  | { readonly open: true; readonly openedMs: number | null; readonly closesMs: number | null; readonly tz: string }
  | { readonly open: false; readonly opensMs: number | null; readonly tz: string };

/** How far openings that follow each other without a pause are followed: beyond that it counts as always open. */
export const HORIZON_MS = 400 * 86_400_000;
/** Openings that are followed, at most: a window every minute would be looked at half a million times else. */
const MOST_JOINED = 1000;

/** The windows of a cluster at an instant; overlapping and touching ones count as one. `null`: it has none, so it is always open. */
export function windowAt(calendar: Calendar, windows: readonly WindowSpec[], nowMs: number): WindowState | null {
  const [first] = windows;
  if (first === undefined) return null;
  const open = windows.flatMap((window) => {
    const openedMs = calendar.previous(window, nowMs);
    return openedMs !== null && openedMs + window.durationMs > nowMs ? [{ window, openedMs }] : [];
  });
  const [current] = open;
  if (current === undefined) return nextOpening(calendar, windows, first, nowMs);
  const sinceMs = Math.min(...open.map(({ openedMs }) => openedMs));
  const untilMs = Math.max(...open.map(({ window, openedMs }) => openedMs + window.durationMs));
  return {
    open: true,
    openedMs: joinBack(calendar, windows, sinceMs, nowMs),
    closesMs: joinOn(calendar, windows, untilMs, nowMs),
    tz: current.window.tz,
  };
}

function nextOpening(
  calendar: Calendar,
  windows: readonly WindowSpec[],
  first: WindowSpec,
  nowMs: number,
): WindowState {
  let best: { readonly opensMs: number; readonly tz: string } | null = null;
  for (const window of windows) {
    const opensMs = calendar.next(window, nowMs);
    if (opensMs !== null && (best === null || opensMs < best.opensMs)) best = { opensMs, tz: window.tz };
  }
  return { open: false, opensMs: best?.opensMs ?? null, tz: best?.tz ?? first.tz };
}

/** When what is open closes, over everything that opens before it does. */
function joinOn(calendar: Calendar, windows: readonly WindowSpec[], fromMs: number, nowMs: number): number | null {
  let untilMs = fromMs;
  for (let joined = 0; joined < MOST_JOINED; joined += 1) {
    if (untilMs - nowMs > HORIZON_MS) return null;
    const ends = windows.map((window) => {
      const openedMs = calendar.previous(window, untilMs);
      return openedMs === null ? untilMs : openedMs + window.durationMs;
    });
    const furthest = Math.max(...ends);
    if (furthest <= untilMs) return untilMs;
    untilMs = furthest;
  }
  return null;
}

/** Since when it is open, over everything that had not closed before. */
function joinBack(calendar: Calendar, windows: readonly WindowSpec[], fromMs: number, nowMs: number): number | null {
  let sinceMs = fromMs;
  for (let joined = 0; joined < MOST_JOINED; joined += 1) {
    if (nowMs - sinceMs > HORIZON_MS) return null;
    const starts = windows.map((window) => calendar.next(window, sinceMs - window.durationMs - 1) ?? sinceMs);
    const earliest = Math.min(...starts);
    if (earliest >= sinceMs) return sinceMs;
    sinceMs = earliest;
  }
  return null;
}
