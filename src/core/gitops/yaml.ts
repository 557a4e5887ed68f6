import type { Json, JsonObject } from '../json.ts';

/** Words that YAML 1.1 reads as something else than text. */
const RESERVED = /^(?:true|false|yes|no|on|off|y|n|null|~)$/i;
/** Text that needs no quotes: it begins with a letter or a slash, and is no date, number or mark. */
const PLAIN = /^[A-Za-z/][\w./-]*$/;

/** An object as YAML in block style, each line indented by two spaces a level. Everything that could be read as something else is quoted. */
export function toYaml(object: JsonObject): string {
  const lines = entryLines(object, 0);
  return lines.length === 0 ? '{}\n' : `${lines.join('\n')}\n`;
}

function entryLines(object: JsonObject, depth: number): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    within(`${'  '.repeat(depth)}${scalar(name)}:`, value, depth),
  );
}

/** A value behind `head`: in the same line, or in lines below it. */
function within(head: string, value: Json, depth: number): readonly string[] {
  if (isList(value))
    return value.length === 0 ? [`${head} []`] : [head, ...value.flatMap((each) => itemLines(each, depth + 1))];
  if (typeof value === 'object' && value !== null) {
    const below = entryLines(value, depth + 1);
    return below.length === 0 ? [`${head} {}`] : [head, ...below];
  }
  return [`${head} ${scalar(value)}`];
}

/** Items of a list in flow style: lists in patches are short. */
function itemLines(value: Json, depth: number): readonly string[] {
  return [`${'  '.repeat(depth)}- ${typeof value === 'object' ? JSON.stringify(value) : scalar(value)}`];
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
