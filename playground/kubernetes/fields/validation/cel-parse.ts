import { type Cursor, cursorAt, Unsupported } from './cel-tokens.ts';

/** A parsed rule of the Common Expression Language, as far as it is supported here. */
export type Expression =
  | { readonly is: 'literal'; readonly value: unknown }
  | { readonly is: 'name'; readonly name: string }
  | { readonly is: 'list'; readonly items: readonly Expression[] }
  | { readonly is: 'member'; readonly of: Expression; readonly name: string }
  | { readonly is: 'index'; readonly of: Expression; readonly at: Expression }
  | { readonly is: 'call'; readonly on: Expression | null; readonly name: string; readonly args: readonly Expression[] }
  | { readonly is: 'unary'; readonly operator: '!' | '-'; readonly of: Expression }
  | { readonly is: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly is: 'choice'; readonly when: Expression; readonly yes: Expression; readonly no: Expression };

/** Reads a rule. Throws {@link Unsupported}. */
export function parseRule(text: string): Expression {
  const cursor = cursorAt(text);
  const rule = choice(cursor);
  const rest = cursor.next();
  if (rest !== null) throw new Unsupported(`${JSON.stringify(rest.text)} is not expected here`);
  return rule;
}

function choice(cursor: Cursor): Expression {
  const when = binary(cursor, 0);
  if (!cursor.take('?')) return when;
  const yes = choice(cursor);
  cursor.need(':');
  return { is: 'choice', when, yes, no: choice(cursor) };
}

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

function binary(cursor: Cursor, level: number): Expression {
  const operators = levels[level];
  if (operators === undefined) return unary(cursor);
  let left = binary(cursor, level + 1);
  for (let operator = cursor.peek(); operators.includes(operator); operator = cursor.peek()) {
    cursor.next();
    left = { is: 'binary', operator, left, right: binary(cursor, level + 1) };
  }
  return left;
}

function unary(cursor: Cursor): Expression {
  if (cursor.take('!')) return { is: 'unary', operator: '!', of: unary(cursor) };
  if (cursor.take('-')) return { is: 'unary', operator: '-', of: unary(cursor) };
  return postfix(cursor, primary(cursor));
}

function postfix(cursor: Cursor, base: Expression): Expression {
  if (cursor.take('.')) {
    const token = cursor.next();
    if (token?.kind !== 'name') throw new Unsupported('a name is missing after the dot');
    if (!cursor.take('(')) return postfix(cursor, { is: 'member', of: base, name: token.text });
    return postfix(cursor, { is: 'call', on: base, name: token.text, args: list(cursor, ')') });
  }
  if (!cursor.take('[')) return base;
  const index = choice(cursor);
  cursor.need(']');
  return postfix(cursor, { is: 'index', of: base, at: index });
}

function list(cursor: Cursor, end: string): readonly Expression[] {
  const items: Expression[] = [];
  if (cursor.take(end)) return items;
  do items.push(choice(cursor));
  while (cursor.take(','));
  cursor.need(end);
  return items;
}

const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function primary(cursor: Cursor): Expression {
  const token = cursor.next();
  if (token === null) throw new Unsupported('the rule ends too early');
  if (token.kind === 'number' || token.kind === 'text') return { is: 'literal', value: token.value };
  if (token.text === '(') {
    const inner = choice(cursor);
    cursor.need(')');
    return inner;
  }
  if (token.text === '[') return { is: 'list', items: list(cursor, ']') };
  if (token.kind !== 'name') throw new Unsupported(`${JSON.stringify(token.text)} is not expected here`);
  const word = words.get(token.text);
  if (word !== undefined) return { is: 'literal', value: word };
  if (cursor.take('(')) return { is: 'call', on: null, name: token.text, args: list(cursor, ')') };
  return { is: 'name', name: token.text };
}
