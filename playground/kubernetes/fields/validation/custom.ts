import type { ApiObject, Fields } from '../../contracts.ts';
import { all, type Causes } from './causes.ts';
import { brokenRules, hasRules } from './rules.ts';
import { schemaProblems } from './schema.ts';

const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

/** What is wrong with a custom object by the schema of its definition, and by its rules when nothing stands in their way. */
export function customProblems(schema: Fields, object: ApiObject, old: ApiObject | null): Causes {
  const problems = schemaProblems(schema, object, old ?? undefined, '', true);
  if (!hasRules(schema)) return problems;
  if (problems.some(({ reason }) => blocking.has(reason))) return [...problems, unchecked];
  return all(problems, brokenRules(schema, object, old ?? undefined, ''));
}
