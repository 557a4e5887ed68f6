import type { WholeText } from '../../../core/answer.ts';
import { escapeText, inline } from './escape.ts';
import { shorten, split } from './fit.ts';

/** Bytes kept for the title, the count and the marks around a block of code. */
const AROUND_BYTES = 300;

/** A line of code as it is: its spaces stay, and it cannot end the block. */
export function asCode(line: string): string {
  return escapeText(line).replaceAll(/\s/gu, ' ').replaceAll('```', "'''").trimEnd();
}

/** A text as blocks of code of at most `budget` bytes each, titles included. */
export function wholeTexts({ title, lines }: WholeText, budget: number): readonly string[] {
  const pieces = split(lines.map(asCode), budget - AROUND_BYTES);
  return pieces.map((piece, index) => {
    const count = pieces.length > 1 ? ` (${index + 1} of ${pieces.length})` : '';
    return `*${shorten(inline(title), 200)}*${count}\n\`\`\`\n${piece}\n\`\`\``;
  });
}
