import { z } from 'zod';
import { type ConfigProblem, describeFound, formatPath, nearest } from './problem.ts';
import { ConfigFile } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema found into problems with line, path, what is there and what was expected. */
export function schemaProblems(source: YamlSource, issues: readonly Issue[]): readonly ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownFields(source, issue) : [oneProblem(source, issue)],
  );
}

function unknownFields(
  source: YamlSource,
  issue: Extract<Issue, { code: 'unrecognized_keys' }>,
): readonly ConfigProblem[] {
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const hint = nearest(key, knownFields(issue.path));
    return {
      file: source.file,
      line: source.lineOf(path),
      path: formatPath(path),
      found: null,
      expected: hint === null ? 'there is no such field' : `there is no such field; did you mean ${hint}?`,
    };
  });
}

function knownFields(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = ConfigFile;
  for (const part of path) schema = childOf(unwrap(schema), part);
  return fieldsOf(unwrap(schema));
}

function fieldsOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodDiscriminatedUnion) return [...new Set(schema.options.flatMap(fieldsOf))];
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function childOf(schema: unknown, part: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) return Reflect.get(schema.shape, part);
  if (schema instanceof z.ZodDiscriminatedUnion)
    return schema.options.map((each) => childOf(each, part)).find((each) => each !== undefined);
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function unwrap(schema: unknown): unknown {
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function oneProblem(source: YamlSource, issue: Issue): ConfigProblem {
  const value = valueAt(source.data, issue.path);
  return {
    file: source.file,
    line: source.lineOf(issue.path),
    path: formatPath(issue.path),
    found: describeFound(issue.path, value),
    expected: describeExpected(issue, value === undefined),
  };
}

function describeExpected(issue: Issue, missing: boolean): string {
  const message = issue.code === 'invalid_type' ? describeType(issue.expected, issue.message) : issue.message;
  return missing && issue.code !== 'custom' ? `is missing; ${message}` : message;
}

function describeType(expected: string, message: string): string {
  if (!message.startsWith('Invalid input')) return message;
  const words: Readonly<Record<string, string>> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'a text',
  };
  return `expected ${words[expected] ?? expected}`;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
