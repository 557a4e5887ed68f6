/** A maintenance window, as `drydock.yaml` has it. */
export interface WindowEntry {
  readonly cron: string;
  readonly tz: string;
  readonly duration: string;
}

const MINUTE_MS = 60_000;

/**
 * A window that is closed now and opens at the first full minute that is at least `waitMs` away, for an hour, then again every day:
 * so that people can watch a run wait and start. `words`: that moment, `14:32 UTC`.
 */
export function openingWindow(nowMs: number, waitMs: number): { readonly window: WindowEntry; readonly words: string } {
  const opens = new Date(Math.ceil((nowMs + waitMs) / MINUTE_MS) * MINUTE_MS);
  const [hour, minute] = [opens.getUTCHours(), opens.getUTCMinutes()];
  return {
    window: { cron: `${minute} ${hour} * * *`, tz: 'UTC', duration: '1h' },
    words: `${opens.toISOString().slice(11, 16)} UTC`,
  };
}
