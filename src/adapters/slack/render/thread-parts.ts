import { escapeText, inline } from './escape.ts';
import { shorten, split } from './fit.ts';
import { bytesOf, LIMITS } from './limits.ts';

/** A part of a thread message: a paragraph of mrkdwn lines, or text to be shown as it is. */
export type Part =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'raw'; readonly title: string; readonly text: string };

/** A file with the name under which it is looked for in the thread. */
export interface ThreadFile {
  readonly name: string;
  readonly title: string;
  readonly content: string;
}

/** Room for one message of a thread, bytes. */
export const TEXT_BYTES = LIMITS.textBytes - 200;

/** A part as messages, each within Slack's limit. */
export function textsOf(part: Part): readonly string[] {
  if (part.kind === 'lines') return split(part.lines, TEXT_BYTES);
  const pieces = split(escapeText(part.text).replaceAll('```', "'''").split('\n'), TEXT_BYTES - 200);
  return pieces.map((piece, index) => {
    const count = pieces.length > 1 ? ` (${index + 1} of ${pieces.length})` : '';
    return `${shorten(inline(part.title), 200)}${count}\n\`\`\`\n${piece}\n\`\`\``;
  });
}

/** Fewer messages: neighbours that fit together go together. */
export function joined(texts: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (const text of texts) {
    const last = result.at(-1);
    if (last !== undefined && bytesOf(last) + bytesOf(text) < TEXT_BYTES)
      result[result.length - 1] = `${last}\n${text}`;
    else result.push(text);
  }
  return result;
}

/** Files are plain text. */
export function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Parts as the content of one file. */
export function contentOf(parts: readonly Part[]): string {
  return parts
    .map((part) => (part.kind === 'raw' ? `${part.title}\n${part.text}` : unescape(part.lines.join('\n'))))
    .join('\n\n');
}
