import type { Fields } from '../../contracts.ts';
import { fieldsOf, isFields, isList, listOf, own, sameJson, textOf } from '../json.ts';
import { all, type Causes, fine } from './causes.ts';
import { EvaluationError, evaluate, missingFunctions, type Scope } from './cel-evaluate.ts';
import { type Expression, parseRule } from './cel-parse.ts';
import { Unsupported } from './cel-tokens.ts';
import { sameElement } from './correlation.ts';

/** Why a rule (`x-kubernetes-validations`) cannot be checked here; `null`: it can. */
export function ruleProblem(rule: string): string | null {
  const parsed = parsedRule(rule);
  return typeof parsed === 'string' ? parsed : null;
}

const known = new Map<string, Expression | string>();

function parsedRule(rule: string): Expression | string {
  const before = known.get(rule);
  if (before !== undefined) return before;
  const parsed = parsedAnew(rule);
  known.set(rule, parsed);
  return parsed;
}

function parsedAnew(rule: string): Expression | string {
  try {
    const expression = parseRule(rule);
    const missing = missingFunctions(expression);
    return missing.length === 0 ? expression : `the function ${missing.join(', ')}`;
  } catch (error) {
    if (error instanceof Unsupported) return error.message;
    throw error;
  }
}

/** Whether a schema has rules anywhere. */
export function hasRules(schema: Fields): boolean {
  const inner = [...Object.values(fieldsOf(schema['properties'])), schema['items'], schema['additionalProperties']];
  return listOf(schema['x-kubernetes-validations']).length > 0 || inner.some((one) => isFields(one) && hasRules(one));
}

/** What the rules of a schema say of a value. What is as it was is only looked at by rules about the old value. `old` undefined: there was none. A rule that cannot be checked is a cause of its own. */
export function brokenRules(schema: Fields, value: unknown, old: unknown, path: string): Causes {
  const here = listOf(schema['x-kubernetes-validations']).flatMap((rule) =>
    brokenRule(fieldsOf(rule), value, old, path),
  );
  if (isList(value)) {
    return all(
      here,
      value.flatMap((item, place) =>
        brokenRules(fieldsOf(schema['items']), item, sameElement(schema, item, old), `${path}[${place}]`),
      ),
    );
  }
  if (!isFields(value)) return here;
  const properties = fieldsOf(schema['properties']);
  const more = schema['additionalProperties'];
  const inner = Object.entries(value).flatMap(([name, below]) => {
    const schemaOf = own(properties, name) ?? more;
    if (!isFields(schemaOf)) return fine;
    return brokenRules(
      schemaOf,
      below,
      isFields(old) ? own(old, name) : undefined,
      path === '' ? name : `${path}.${name}`,
    );
  });
  return all(here, inner);
}

function brokenRule(rule: Fields, self: unknown, oldSelf: unknown, path: string): Causes {
  const text = textOf(rule['rule']);
  const isAboutOld = /\boldSelf\b/.test(text);
  if (isAboutOld ? oldSelf === undefined : oldSelf !== undefined && sameJson(self, oldSelf)) return fine;
  const field = `${path}${textOf(rule['fieldPath'])}`;
  const parsed = parsedRule(text);
  if (typeof parsed === 'string') return [cause(rule, field, `this server cannot check the rule ${text}: ${parsed}`)];
  const scope = new Map<string, unknown>([
    ['self', self],
    ['oldSelf', oldSelf],
  ]);
  try {
    if (evaluate(parsed, scope) === true) return fine;
    return [cause(rule, field, said(rule, scope) || textOf(rule['message']).trim() || `failed rule: ${text.trim()}`)];
  } catch (error) {
    if (error instanceof EvaluationError)
      return [cause({}, field, `rule: ${text}: evaluation error: ${error.message}`)];
    if (error instanceof Unsupported)
      return [cause({}, field, `this server cannot check the rule ${text}: ${error.message}`)];
    throw error;
  }
}

/** What `messageExpression` comes to; empty: there is none, or it comes to nothing. */
function said(rule: Fields, scope: Scope): string {
  const parsed = parsedRule(textOf(rule['messageExpression']));
  if (typeof parsed === 'string') return '';
  try {
    return textOf(evaluate(parsed, scope)).trim();
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof Unsupported) return '';
    throw error;
  }
}

const prefixes: Readonly<Record<string, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueForbidden: 'Forbidden',
  FieldValueDuplicate: 'Duplicate value',
};

function cause(rule: Fields, field: string, message: string): Causes[number] {
  const reason = textOf(rule['reason']) || 'FieldValueInvalid';
  return { reason, message: `${prefixes[reason] ?? 'Invalid value'}: ${message}`, field };
}
