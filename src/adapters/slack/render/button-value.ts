/** What a button of a card carries: run, gate (`-`: none) and the first characters of the plan hash (`-`: no plan). */
export interface ButtonValue {
  readonly run: string;
  readonly gate: string | null;
  readonly hash: string | null;
}

const PATTERN = /^([a-z0-9][a-z0-9-]{0,119})\|([a-z0-9][a-z0-9-]{0,59}|-)\|([0-9a-f]{16}|-)$/;
const HASH_LENGTH = 16;

/** The text of a button's value. */
export function buttonValue(run: string, gate: string | null, hash: string | null): string {
  return `${run}|${gate ?? '-'}|${hash === null ? '-' : hash.slice(0, HASH_LENGTH)}`;
}

/** Reads a button's value; `null`: it is not one of ours. */
export function parseButtonValue(text: string): ButtonValue | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, run = '', gate = '-', hash = '-'] = match;
  return { run, gate: gate === '-' ? null : gate, hash: hash === '-' ? null : hash };
}
