/** U+00A0: a space at which no line ends. */
const NO_BREAK = '\u00A0';
/** Code and links as they are, else a space between a figure and its unit, as `formatSpan`, `formatBytes` and `formatShare` write them. */
const FIGURE = /```.*?```|`[^`\n]*`|<[^<>\n]*>|(?<=\d) (?=(?:ms|s|min|h|B|[KMGT]iB|%)(?![\p{L}\p{N}_]))/gsu;

/**
 * Joins figures and their units, so that no line on a phone ends between them. Only for what people read: records, logs,
 * hashes and what people copy (code, links) keep the plain space.
 */
export function joinFigures(text: string): string {
  return text.replaceAll(FIGURE, (found) => (found === ' ' ? NO_BREAK : found));
}
