import { z } from 'zod';

/** What recorded values became here: uids, revisions, tokens, generated names. */
export interface Names {
  readonly known: Map<string, string>;
}

const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const AGE = /^(\d+[smhdy])+$/;
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;
const RANDOM_NAME = /^(.*-)[a-z0-9]{5}$/;

/** Fields whose words are free. */
const FREE = new Set(['description', 'storageVersionHash', 'selfLink']);

/** Where an answer differs from the recorded one: `metadata.name: "a" instead of "b"`. Teaches `names` on the way. */
export function differences(recorded: unknown, actual: unknown, names: Names, path = ''): readonly string[] {
  if (Array.isArray(recorded)) return listDifferences(recorded, actual, names, path);
  if (typeof recorded === 'object' && recorded !== null) return fieldDifferences(recorded, actual, names, path);
  if (typeof recorded === 'string' && typeof actual === 'string') return textDifference(recorded, actual, names, path);
  return recorded === actual ? [] : [said(path, recorded, actual)];
}

function listDifferences(recorded: readonly unknown[], actual: unknown, names: Names, path: string): readonly string[] {
  if (!Array.isArray(actual)) return [said(path, recorded, actual)];
  if (recorded.length !== actual.length)
    return [`${path}: ${actual.length} elements instead of ${recorded.length}: ${short(actual)}`];
  const [before, now] = path.endsWith('managedFields')
    ? [inOrderOfWriters(recorded), inOrderOfWriters(actual)]
    : [recorded, actual];
  return before.flatMap((each: unknown, index) => differences(each, now[index], names, `${path}[${index}]`));
}

/** Their order depends on the second in which each wrote. */
function inOrderOfWriters(entries: readonly unknown[]): readonly unknown[] {
  return entries.toSorted((a, b) => (writerOf(a) < writerOf(b) ? -1 : 1));
}

function writerOf(entry: unknown): string {
  const { manager, operation, subresource } = ManagerEntry.parse(entry);
  return `${manager} ${operation} ${subresource}`;
}

const ManagerEntry = z.object({ manager: z.string(), operation: z.string(), subresource: z.string().default('') });

function fieldDifferences(recorded: object, actual: unknown, names: Names, path: string): readonly string[] {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return [said(path, recorded, actual)];
  const [before, now] = [new Map(fieldsNamed(recorded, names)), new Map(Object.entries(actual))];
  // Messages last: they may name what the other fields teach.
  const fields = [...new Set([...before.keys(), ...now.keys()])].toSorted(
    (a, b) => Number(a === 'message') - Number(b === 'message'),
  );
  return fields.flatMap((name) => {
    const place = path === '' ? name : `${path}.${name}`;
    if (FREE.has(name)) return [];
    if (!now.has(name)) return [`${place}: missing, recorded ${short(before.get(name))}`];
    if (!before.has(name)) return [`${place}: ${short(now.get(name))}, not recorded`];
    return differences(before.get(name), now.get(name), names, place);
  });
}

/** The fields of `managedFields` name uids. */
function fieldsNamed(recorded: object, names: Names): readonly (readonly [string, unknown])[] {
  return Object.entries(recorded).map(([name, value]: readonly [string, unknown]) =>
    name.startsWith('k:') ? [translated(name, names), value] : [name, value],
  );
}

function textDifference(recorded: string, actual: string, names: Names, path: string): readonly string[] {
  const field = path.split('.').at(-1) ?? '';
  if (field === 'resourceVersion') return revisionDifference(recorded, actual, names, path);
  if (UID.test(recorded) && UID.test(actual)) return learned(recorded, actual, names, path);
  if (field === 'continue' && recorded !== '' && actual !== '') return learned(recorded, actual, names, path, false);
  const sameForm = [TIME, MICRO_TIME, AGE, TOKEN_VOLUME].some((form) => form.test(recorded) && form.test(actual));
  if (sameForm) return [];
  if (field === 'name' && recorded !== actual && RANDOM_NAME.exec(recorded)?.[1] === RANDOM_NAME.exec(actual)?.[1])
    return learned(recorded, actual, names, path);
  return translated(recorded, names) === actual || recorded === actual ? [] : [said(path, recorded, actual)];
}

function revisionDifference(recorded: string, actual: string, names: Names, path: string): readonly string[] {
  if (!/^\d+$/.test(actual)) return [said(path, recorded, actual)];
  return learned(recorded, actual, names, path);
}

function learned(recorded: string, actual: string, names: Names, path: string, exact = true): readonly string[] {
  const known = names.known.get(recorded);
  if (known !== undefined && known !== actual && exact)
    return [`${path}: ${actual}, but ${recorded} was ${known} before`];
  names.known.set(recorded, actual);
  return [];
}

/** A text of a recording with what recorded values became here. */
export function translated(text: string, names: Names): string {
  let result = text;
  for (const [recorded, actual] of names.known) {
    if (recorded.length > 12 || RANDOM_NAME.test(recorded)) result = result.replaceAll(recorded, actual);
    else result = result.replace(new RegExp(`(?<![\\w.-])${recorded}(?![\\w.-])`, 'g'), actual);
  }
  return result;
}

function said(path: string, recorded: unknown, actual: unknown): string {
  return `${path}: ${short(actual)} instead of ${short(recorded)}`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
