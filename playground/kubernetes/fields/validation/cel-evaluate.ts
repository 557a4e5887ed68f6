import { isFields, isList, own, sameJson } from '../json.ts';
import type { Expression } from './cel-parse.ts';
import { Unsupported } from './cel-tokens.ts';
import { compiled } from './pattern.ts';

/** Names that a rule may use, with their values. */
export type Scope = ReadonlyMap<string, unknown>;

/** A rule that goes wrong while it is evaluated: `no such key: x`. */
export class EvaluationError extends Error {}

/** What an expression comes to. Throws {@link EvaluationError}, or {@link Unsupported}. */
export function evaluate(expression: Expression, scope: Scope): unknown {
  switch (expression.is) {
    case 'literal':
      return expression.value;
    case 'name':
      if (!scope.has(expression.name)) throw new EvaluationError(`undeclared reference to '${expression.name}'`);
      return scope.get(expression.name);
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'member':
      return member(evaluate(expression.of, scope), expression.name);
    case 'index':
      return indexed(evaluate(expression.of, scope), evaluate(expression.at, scope));
    case 'call':
      return call(expression, scope);
    case 'unary': {
      const value = evaluate(expression.of, scope);
      return expression.operator === '!' ? !asBoolean(value) : -asNumber(value);
    }
    case 'binary':
      return binary(expression.operator, expression.left, expression.right, scope);
    case 'choice':
      return evaluate(asBoolean(evaluate(expression.when, scope)) ? expression.yes : expression.no, scope);
  }
}

function member(value: unknown, name: string): unknown {
  if (!isFields(value) || !Object.hasOwn(value, name)) throw new EvaluationError(`no such key: ${name}`);
  return own(value, name);
}

function indexed(value: unknown, at: unknown): unknown {
  if (isList(value) && typeof at === 'number') {
    if (!(at in value)) throw new EvaluationError(`index out of bounds: ${at}`);
    return value[at];
  }
  if (typeof at !== 'string') throw new EvaluationError('no such overload');
  return member(value, at);
}

function asBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload');
  return value;
}

function asNumber(value: unknown): number {
  if (typeof value !== 'number') throw new EvaluationError('no such overload');
  return value;
}

/** `&&` and `||` look at the other side when one goes wrong, as the language has it. */
function logical(left: Expression, right: Expression, scope: Scope, decisive: boolean): boolean {
  let failure: EvaluationError | null = null;
  for (const side of [left, right]) {
    try {
      if (asBoolean(evaluate(side, scope)) === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failure = error;
    }
  }
  if (failure !== null) throw failure;
  return !decisive;
}

function binary(operator: string, first: Expression, second: Expression, scope: Scope): unknown {
  if (operator === '&&' || operator === '||') return logical(first, second, scope, operator === '||');
  const left = evaluate(first, scope);
  const right = evaluate(second, scope);
  switch (operator) {
    case '==':
      return sameJson(left, right);
    case '!=':
      return !sameJson(left, right);
    case 'in':
      if (isList(right)) return right.some((item) => sameJson(item, left));
      return isFields(right) && typeof left === 'string' && Object.hasOwn(right, left);
    case '+':
      if (typeof left === 'string' && typeof right === 'string') return left + right;
      return isList(left) && isList(right) ? [...left, ...right] : asNumber(left) + asNumber(right);
    case '-':
      return asNumber(left) - asNumber(right);
    case '*':
      return asNumber(left) * asNumber(right);
    case '/':
    case '%':
      return divided(operator, asNumber(left), asNumber(right));
    default:
      return ordered(operator, left, right);
  }
}

function divided(operator: '/' | '%', left: number, right: number): number {
  if (right === 0) throw new EvaluationError(operator === '/' ? 'division by zero' : 'modulus by zero');
  if (operator === '%') return left % right;
  return Number.isInteger(left) && Number.isInteger(right) ? Math.trunc(left / right) : left / right;
}

function ordered(operator: string, left: unknown, right: unknown): boolean {
  const isText = typeof left === 'string' && typeof right === 'string';
  if (!isText && !(typeof left === 'number' && typeof right === 'number'))
    throw new EvaluationError('no such overload');
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

type Call = Extract<Expression, { readonly is: 'call' }>;

function call(expression: Call, scope: Scope): unknown {
  const { name, on, args } = expression;
  const [first] = args;
  if (name === 'has' && on === null && first?.is === 'member') {
    const value = evaluate(first.of, scope);
    return isFields(value) && Object.hasOwn(value, first.name);
  }
  if (on !== null && macros.has(name)) return macro(expression, on, scope);
  const values = [...(on === null ? [] : [evaluate(on, scope)]), ...args.map((arg) => evaluate(arg, scope))];
  const work = functions[name];
  if (work === undefined) throw new Unsupported(`the function ${name}`);
  return work(values);
}

const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

function macro(expression: Call, on: Expression, scope: Scope): unknown {
  const [variable, body] = expression.args;
  if (variable?.is !== 'name' || body === undefined || expression.args.length !== 2)
    throw new Unsupported(`${expression.name} in this form`);
  const value = evaluate(on, scope);
  const items = isList(value) ? value : isFields(value) ? Object.keys(value) : null;
  if (items === null) throw new EvaluationError('no such overload');
  const each = (item: unknown): unknown => evaluate(body, new Map(scope).set(variable.name, item));
  switch (expression.name) {
    case 'all':
      return items.every((item) => asBoolean(each(item)));
    case 'exists':
      return items.some((item) => asBoolean(each(item)));
    case 'exists_one':
      return items.filter((item) => asBoolean(each(item))).length === 1;
    case 'filter':
      return items.filter((item) => asBoolean(each(item)));
    default:
      return items.map(each);
  }
}

function onText(work: (text: string, argument: string) => unknown): (values: readonly unknown[]) => unknown {
  return ([text, argument = '']) => {
    if (typeof text !== 'string' || typeof argument !== 'string') throw new EvaluationError('no such overload');
    return work(text, argument);
  };
}

const functions: Readonly<Record<string, (values: readonly unknown[]) => unknown>> = {
  size: ([value]) => {
    if (isList(value)) return value.length;
    return typeof value === 'string'
      ? Array.from(value).length
      : isFields(value)
        ? Object.keys(value).length
        : asNumber(value);
  },
  startsWith: onText((text, start) => text.startsWith(start)),
  endsWith: onText((text, end) => text.endsWith(end)),
  contains: onText((text, part) => text.includes(part)),
  matches: onText((text, pattern) => {
    const expression = compiled(pattern);
    if (expression === null) throw new Unsupported(`the pattern ${pattern}`);
    return expression.test(text);
  }),
  lowerAscii: onText((text) => text.toLowerCase()),
  upperAscii: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  split: onText((text, by) => text.split(by)),
  string: ([value]) => (typeof value === 'string' ? value : JSON.stringify(value)),
  int: ([value]) => Math.trunc(Number(value)),
  double: ([value]) => Number(value),
};

/** Names of functions that a rule calls and that are not there. */
export function missingFunctions(expression: Expression): readonly string[] {
  switch (expression.is) {
    case 'literal':
    case 'name':
      return [];
    case 'list':
      return expression.items.flatMap(missingFunctions);
    case 'member':
    case 'unary':
      return missingFunctions(expression.of);
    case 'index':
      return [expression.of, expression.at].flatMap(missingFunctions);
    case 'binary':
      return [expression.left, expression.right].flatMap(missingFunctions);
    case 'choice':
      return [expression.when, expression.yes, expression.no].flatMap(missingFunctions);
    case 'call': {
      const { name, on, args } = expression;
      const isKnown = name === 'has' || macros.has(name) || Object.hasOwn(functions, name);
      return [...(isKnown ? [] : [name]), ...[...(on === null ? [] : [on]), ...args].flatMap(missingFunctions)];
    }
  }
}
