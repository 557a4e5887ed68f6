/** A word: letters, and quoted pieces, which may have spaces. A quotation mark that is never closed is a letter. */
const WORD = /(?:"[^"]*"|'[^']*'|\S)+/g;
const QUOTED = /"([^"]*)"|'([^']*)'/g;

/** Words as one text that {@link splitWords} splits into the same words again, and people may type. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** The words of a text that is a command itself: spaces separate, quotes keep together. */
export function splitWords(text: string): readonly string[] {
  return (text.match(WORD) ?? []).map((word) =>
    word.replaceAll(QUOTED, (_whole, double: string | undefined, single: string | undefined) => double ?? single ?? ''),
  );
}

function quoted(word: string): string {
  if (word !== '' && !/[\s"']/.test(word)) return word;
  return `"${word.replaceAll('"', `"'"'"`)}"`;
}
