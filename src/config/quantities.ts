import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';
import { spanAsSet } from '../core/time.ts';

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b?|b)?$/i;
const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

/**
 * Bytes of a size as people write it: `8GiB`, `512 MiB`, `2Gi`, `8GB`, `1000`. With an `i` units are powers of 1024,
 * without powers of 1000, as the standard says. `null`: it is no size.
 */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text.trim());
  if (match === null) return null;
  const unit = (match[2] ?? 'b').toLowerCase();
  const power = POWERS[unit.charAt(0)] ?? 0;
  const bytes = Math.round(Number(match[1]) * (unit.includes('i') ? 1024 : 1000) ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A share (0 to 1) of a percentage as people write it: `50%`, `62.5 %`. `null`: it is no percentage of 0 to 100. */
export function parseShare(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match === null) return null;
  const percent = Number(match[1]);
  return percent <= 100 ? percent / 100 : null;
}

/** A duration in the file (`60s`), milliseconds in the result. `least` is the smallest one allowed, ms. */
export function duration(least = 0): z.ZodType<number> {
  const expected = `expected a duration such as 60s, 5m or 1h30m${least > 0 ? `, at least ${spanAsSet(least)}` : ''}`;
  return quantity(
    expected,
    (text) => parseDuration(text),
    (ms) => ms >= least,
  );
}

/** A size in the file (`8GiB`, or bytes as a number), bytes in the result. */
export function size(): z.ZodType<number> {
  return quantity('expected a size such as 8GiB or 512MiB', parseSize, (bytes) => bytes > 0);
}

/** A percentage in the file (`50%`), a share of 0 to 1 in the result. */
export function share(): z.ZodType<number> {
  return quantity('expected a percentage of 0% to 100%, such as 50%', parseShare, () => true);
}

function quantity(
  expected: string,
  parse: (text: string) => number | null,
  allowed: (value: number) => boolean,
): z.ZodType<number> {
  return z.union([z.string(), z.number()], { error: expected }).transform((raw, context) => {
    const value = parse(String(raw));
    if (value !== null && allowed(value)) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}
