import type { ApiObject, Attempt } from '../contracts.ts';
import { apiVersionOf, type Call } from './core.ts';
import { readBody } from './media.ts';
import { fieldsOf, isObject, textAt } from './reading.ts';
import { badRequest, done, invalidOptions, refused } from './refusals.ts';

/** What every write may say. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly validation: 'Strict' | 'Warn' | 'Ignore';
}

const OPTIONS: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
};

/** Reads the options of a write from its query. */
export function writeOptions(call: Call): Attempt<WriteOptions> {
  const kind = OPTIONS[call.verb] ?? 'CreateOptions';
  const dryRun = dryRunOf(call.query.getAll('dryRun'), kind);
  if (!dryRun.ok) return dryRun;
  const validation = call.query.get('fieldValidation') ?? 'Warn';
  if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') {
    const message = `Unsupported value: "${validation}": supported values: "Ignore", "Strict", "Warn"`;
    return refused(invalidOptions(kind, { reason: 'FieldValueNotSupported', message, field: 'fieldValidation' }));
  }
  return done({ dryRun: dryRun.value, manager: call.query.get('fieldManager') || call.agent, validation });
}

/** `dryRun=All`, or nothing. */
export function dryRunOf(values: readonly string[], kind: string): Attempt<boolean> {
  if (values.every((value) => value === 'All')) return done(values.length > 0);
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  return refused(invalidOptions(kind, { reason: 'FieldValueNotSupported', message, field: 'dryRun' }));
}

/** The object of a create or update: of the right kind, unknown fields refused, named in a warning or ignored. */
export function readObject(call: Call, options: WriteOptions): Attempt<ApiObject> {
  const { kind } = call;
  const body = readBody(call.body, call.contentType, kind.kind);
  if (!body.ok) return body;
  const object = typed(call, body.value.value);
  if (!object.ok) return object;
  const unknown = [...body.value.duplicates, ...call.core.rules.unknownFields(kind, object.value)];
  const checked = strictness(call, options, unknown);
  return checked.ok ? object : checked;
}

/** What strict decoding found, as the options want it. */
export function strictness(call: Call, options: WriteOptions, problems: readonly string[]): Attempt<null> {
  if (options.validation === 'Strict' && problems.length > 0)
    return refused(badRequest(`${handledAs(call)}: strict decoding error: ${problems.join(', ')}`));
  if (options.validation === 'Warn') for (const problem of problems) call.warn(problem);
  return done(null);
}

function handledAs({ kind }: Call): string {
  return `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`;
}

/** A JSON value as an object of the kind that was asked for. */
export function typed(call: Call, value: unknown): Attempt<ApiObject> {
  const { kind } = call;
  const apiVersion = apiVersionOf(kind);
  const fields = fieldsOf(value);
  const complete = {
    ...fields,
    apiVersion: fields['apiVersion'] ?? apiVersion,
    kind: fields['kind'] ?? kind.kind,
    metadata: fields['metadata'] ?? {},
  };
  if (textAt(complete, 'kind') !== kind.kind) {
    const [other, version] = [textAt(complete, 'kind'), textAt(complete, 'apiVersion').split('/').at(-1) ?? ''];
    const internal = kind.group === '' ? 'core' : kind.group.split('.')[0];
    return refused(
      badRequest(
        `${other} in version "${version}" cannot be handled as a ${kind.kind}: converting (${version}.${other}) to (${internal}.${kind.kind}): unknown conversion`,
      ),
    );
  }
  if (complete.apiVersion !== apiVersion) {
    const message = `the API version in the data (${textAt(complete, 'apiVersion')}) does not match the expected API version (${apiVersion})`;
    return refused(badRequest(message));
  }
  const problem = call.core.rules.decodingProblem?.(kind, {
    ...complete,
    apiVersion,
    kind: kind.kind,
    metadata: fieldsOf(complete.metadata),
  });
  if (problem !== undefined && problem !== null) return refused(badRequest(`${handledAs(call)}: ${problem}`));
  if (isObject(complete)) return done(complete);
  return refused(badRequest(`${handledAs(call)}: json: cannot unmarshal into Go struct field ${kind.kind}.metadata`));
}
