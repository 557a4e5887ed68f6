import { bytesOf } from './limits.ts';

/** The first lines that fit, and how many were left out. */
export interface Fitted {
  readonly lines: readonly string[];
  readonly hidden: number;
}

/** Takes lines from the start while they fit into `budget` bytes, line breaks counted. */
export function fitLines(lines: readonly string[], budget: number): Fitted {
  let used = 0;
  for (const [index, line] of lines.entries()) {
    used += bytesOf(line) + 1;
    if (used > budget) return { lines: lines.slice(0, index), hidden: lines.length - index };
  }
  return { lines, hidden: 0 };
}

/** Room kept for the line that says what was left out. */
const MORE_BYTES = 120;

/** Lines that fit, the last one saying how many were left out and where they are. Nothing is cut silently. */
export function preview(lines: readonly string[], budget: number, more: (hidden: number) => string): readonly string[] {
  const whole = fitLines(lines, budget);
  if (whole.hidden === 0) return lines;
  const part = fitLines(lines, budget - MORE_BYTES);
  return [...part.lines, more(part.hidden)];
}

/** Cuts one text to `budget` bytes at a whole character, with a mark; for texts that are whole elsewhere. */
export function shorten(text: string, budget: number): string {
  if (bytesOf(text) <= budget) return text;
  let used = bytesOf('…');
  let end = 0;
  for (const character of text) {
    used += bytesOf(character);
    if (used > budget) break;
    end += character.length;
  }
  // An escape that was cut in half would show as rubbish.
  return `${text.slice(0, end).replace(/&[a-z]{0,3}$/, '')}…`;
}

/** Splits lines into pieces of at most `budget` bytes. A line that is longer than a piece is continued in the next. */
export function split(lines: readonly string[], budget: number): readonly string[] {
  const pieces: string[] = [];
  let current: string[] = [];
  let used = 0;
  for (const part of lines.flatMap((line) => chop(line, budget - 1))) {
    const size = bytesOf(part) + 1;
    if (used + size > budget && current.length > 0) {
      pieces.push(current.join('\n'));
      current = [];
      used = 0;
    }
    current.push(part);
    used += size;
  }
  return current.length === 0 ? pieces : [...pieces, current.join('\n')];
}

function chop(line: string, budget: number): readonly string[] {
  if (bytesOf(line) <= budget) return [line];
  const parts: string[] = [];
  let current = '';
  let used = 0;
  // Escapes stay whole.
  for (const [unit] of line.matchAll(/&(?:amp|lt|gt);|./gsu)) {
    const size = bytesOf(unit);
    if (used + size > budget) {
      parts.push(current);
      current = '';
      used = 0;
    }
    current += unit;
    used += size;
  }
  return [...parts, current];
}
