/** What is not supported, or is no rule at all. */
export class Unsupported extends Error {}

/** One word, sign, number or text of a rule. */
export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'sign';
  readonly text: string;
  readonly value?: unknown;
}

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /^\s+/],
  ['number', /^(\d+\.\d*(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?)(?![\w.])/],
  ['text', /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/],
  ['name', /^[A-Za-z_]\w*/],
  ['sign', /^(&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]])/],
];

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== '') {
    const found = patterns
      .map(([kind, pattern]) => [kind, pattern.exec(rest)?.[0]] as const)
      .find(([, part]) => part !== undefined);
    const [kind, part = ''] = found ?? [];
    if (kind === undefined) throw new Unsupported(`cannot read ${JSON.stringify(rest.slice(0, 20))}`);
    if (kind === 'number') tokens.push({ kind, text: part, value: Number(part) });
    else if (kind === 'text') tokens.push({ kind, text: part, value: unquoted(part) });
    else if (kind !== 'space') tokens.push({ kind, text: part });
    rest = rest.slice(part.length);
  }
  return tokens;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, (_, letter: string) => {
    const plain = escapes[letter];
    if (plain === undefined) throw new Unsupported(`the escape \\${letter}`);
    return plain;
  });
}

/** Reads tokens one after the other. */
export interface Cursor {
  /** The next token; `null`: the end. */
  readonly next: () => Token | null;
  /** The next sign or word, without taking it; empty: something else, or the end. */
  readonly peek: () => string;
  /** Takes the sign if it comes next. */
  readonly take: (sign: string) => boolean;
  /** Takes the sign. Throws {@link Unsupported} if something else comes. */
  readonly need: (sign: string) => void;
}

/** A cursor at the start of a text. Throws {@link Unsupported}. */
export function cursorAt(text: string): Cursor {
  const tokens = tokensOf(text);
  let place = 0;
  function peek(): string {
    const token = tokens[place];
    return token === undefined || token.kind === 'text' ? '' : token.text;
  }
  function next(): Token | null {
    const token = tokens[place] ?? null;
    place += 1;
    return token;
  }
  function take(sign: string): boolean {
    if (peek() !== sign) return false;
    place += 1;
    return true;
  }
  function need(sign: string): void {
    if (!take(sign))
      throw new Unsupported(`expected ${sign} before ${JSON.stringify(tokens[place]?.text ?? 'the end')}`);
  }
  return { next, peek, take, need };
}
