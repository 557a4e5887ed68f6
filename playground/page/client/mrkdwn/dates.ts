/** What the tokens of a date format become, in the reader's own zone and language. */
const TOKENS: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  date_long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
};

const DAY_MS = 86_400_000;

/**
 * A Slack date token (`{date_short_pretty} {time}`) for a moment, seen at `nowMs`. `zone`: IANA name, default the
 * reader's. Undefined when the format has a token nobody knows: then the fallback is shown.
 */
export function formatDate(seconds: number, format: string, nowMs: number, zone?: string): string | undefined {
  let unknown = false;
  const text = format.replaceAll(/\{(\w+)\}/g, (_, token: string) => {
    const pretty = token.endsWith('_pretty');
    const options = TOKENS[pretty ? token.slice(0, -'_pretty'.length) : token];
    if (options === undefined) unknown = true;
    const near = pretty ? nearDay(seconds * 1000, nowMs, zone) : undefined;
    return near ?? write(seconds * 1000, options ?? {}, zone);
  });
  return unknown ? undefined : text;
}

function nearDay(ms: number, nowMs: number, zone: string | undefined): string | undefined {
  const day = dayOf(ms, zone);
  const near = [
    ['yesterday', -DAY_MS],
    ['today', 0],
    ['tomorrow', DAY_MS],
  ] as const;
  return near.find(([, shift]) => dayOf(nowMs + shift, zone) === day)?.[0];
}

function dayOf(ms: number, zone: string | undefined): string {
  return write(ms, { year: 'numeric', month: 'numeric', day: 'numeric' }, zone);
}

function write(ms: number, options: Intl.DateTimeFormatOptions, zone: string | undefined): string {
  return new Intl.DateTimeFormat('en', { ...options, ...(zone === undefined ? {} : { timeZone: zone }) }).format(ms);
}

/** The time of a message's `ts`, as hours and minutes. */
export function clockOf(ts: string, zone?: string): string {
  return write(Number(ts) * 1000, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, zone);
}

/** A moment whole, for a tooltip. */
export function wholeMoment(ms: number, zone?: string): string {
  return write(ms, { dateStyle: 'full', timeStyle: 'long' }, zone);
}
