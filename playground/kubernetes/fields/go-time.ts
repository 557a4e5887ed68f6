/** The forms of the API's times, in Go's notation: seconds, and microseconds with exactly six digits. */
export const layouts = { time: '2006-01-02T15:04:05Z07:00', 'micro-time': '2006-01-02T15:04:05.000000Z07:00' } as const;

interface Token {
  readonly text: string;
  readonly pattern: RegExp;
}

const digits = (text: string, count: number): Token => ({ text, pattern: new RegExp(`^\\d{${count}}`) });
const exactly = (text: string): Token => ({ text, pattern: new RegExp(`^${text}`) });
const zone: Token = { text: 'Z07:00', pattern: /^(Z|[+-]\d{2}:\d{2})/ };

const date: readonly Token[] = [
  digits('2006', 4),
  exactly('-'),
  digits('01', 2),
  exactly('-'),
  digits('02', 2),
  exactly('T'),
  digits('15', 2),
  exactly(':'),
  digits('04', 2),
  exactly(':'),
];

const tokens: Readonly<Record<keyof typeof layouts, readonly Token[]>> = {
  // A fraction is accepted although the layout has none.
  time: [...date, { text: '05', pattern: /^\d{2}(\.\d+)?/ }, zone],
  'micro-time': [...date, digits('05', 2), { text: '.000000', pattern: /^\.\d{6}/ }, zone],
};

/** What Go says of a time that is not written in the layout; `null`: it is. */
export function timeProblem(text: string, kind: keyof typeof layouts): string | null {
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const token of tokens[kind]) {
    const match = token.pattern.exec(rest);
    if (match === null) {
      return `parsing time ${quoted} as "${layouts[kind]}": cannot parse ${JSON.stringify(rest)} as "${token.text}"`;
    }
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`;
  return Number.isNaN(Date.parse(text)) ? `parsing time ${quoted}: day out of range` : null;
}
