/**
 * The words of a command line as a POSIX shell takes it apart, when it holds nothing but words and quotes. `null`: it asks for more of a
 * shell (variables, pipes, patterns, several commands), which the playground's hosts do not have.
 */
export function commandWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const here = line.charAt(at);
    if (here === ' ' || here === '\t') {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const part = quotedPart(line, at) ?? (PLAIN.test(here) ? { text: here, end: at } : null);
    if (part === null) return null;
    word = (word ?? '') + part.text;
    at = part.end;
  }
  return word === null ? words : [...words, word];
}

/** Characters that stand for themselves outside quotes. */
const PLAIN = /[\w@%+:,./=\-^!{}]|[^\0-\x7f]/;

interface Part {
  readonly text: string;
  /** Index of its last character. */
  readonly end: number;
}

/** The quoted part that begins here; `null`: none does, or it does not end, or a shell would expand something in it. */
function quotedPart(line: string, at: number): Part | null {
  if (line[at] === '\\') {
    const next = line[at + 1];
    return next === undefined || next === '\n' ? null : { text: next, end: at + 1 };
  }
  const quote = line[at];
  if (quote !== "'" && quote !== '"') return null;
  const end = line.indexOf(quote, at + 1);
  const text = end === -1 ? null : line.slice(at + 1, end);
  if (text === null || (quote === '"' && /[$`\\]/.test(text))) return null;
  return { text, end };
}
