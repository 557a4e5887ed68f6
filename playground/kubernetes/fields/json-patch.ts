import type { Fields, Refusal } from '../contracts.ts';
import { isFields, isList, omit, own, sameJson } from './json.ts';

/** Outcome of a patch: the patched value, or the refusal. */
export type Patching =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal };

/** What the server says of a JSON patch that does not apply: it does not tell which operation failed. */
export const unprocessable: Refusal = {
  status: 422,
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
  details: {},
};

const maxOperations = 10_000;

/** Applies a JSON patch (RFC 6902). All operations or none. */
export function jsonPatched(document: unknown, patch: unknown): Patching {
  if (!isList(patch)) return refused(400, 'BadRequest', `error decoding patch: ${undecodable(patch)}`);
  if (patch.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    return refused(413, 'RequestEntityTooLarge', message);
  }
  const wrong: unknown = patch.find((operation) => !isFields(operation));
  if (wrong !== undefined) return refused(400, 'BadRequest', `error decoding patch: ${undecodable(wrong, '')}`);
  try {
    const value = patch.reduce<unknown>(
      (before, operation) => (isFields(operation) ? step(before, operation) : before),
      document,
    );
    return { ok: true, value };
  } catch (error) {
    if (error instanceof DoesNotApply) return { ok: false, refusal: unprocessable };
    throw error;
  }
}

function refused(status: number, reason: string, message: string): Patching {
  return { ok: false, refusal: { status, reason, message } };
}

function undecodable(value: unknown, list = '[]'): string {
  const type = isFields(value) ? 'object' : isList(value) ? 'array' : value === null ? 'null' : typeof value;
  const name = type === 'boolean' ? 'bool' : type;
  return `json: cannot unmarshal ${name} into Go value of type ${list}handlers.jsonPatchOp`;
}

class DoesNotApply extends Error {}

function step(document: unknown, operation: Fields): unknown {
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return set(document, path, valueOf(operation), 'add');
    case 'replace':
      return set(document, path, valueOf(operation), 'replace');
    case 'remove':
      return remove(document, path);
    case 'copy':
      return set(document, path, get(document, pointer(operation['from'])), 'add');
    case 'move': {
      const from = pointer(operation['from']);
      return set(remove(document, from), path, get(document, from), 'add');
    }
    case 'test': {
      if (!sameJson(tested(document, path), operation['value'] ?? null)) throw new DoesNotApply('test');
      return document;
    }
    default:
      throw new DoesNotApply('operation');
  }
}

function valueOf(operation: Fields): unknown {
  if (!Object.hasOwn(operation, 'value')) throw new DoesNotApply('value');
  return operation['value'];
}

/** The steps of a JSON pointer (RFC 6901). */
function pointer(text: unknown): readonly string[] {
  if (text === '') return [];
  if (typeof text !== 'string' || !text.startsWith('/')) throw new DoesNotApply('path');
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A missing field passes a test for null, as in the server's library. */
function tested(document: unknown, path: readonly string[]): unknown {
  const parent = get(document, path.slice(0, -1));
  const last = path.at(-1);
  if (last !== undefined && isFields(parent) && !Object.hasOwn(parent, last)) return null;
  return get(document, path);
}

function get(document: unknown, path: readonly string[]): unknown {
  let here = document;
  for (const name of path) {
    if (isList(here)) here = here[index(name, here.length - 1)];
    else if (isFields(here) && Object.hasOwn(here, name)) here = own(here, name);
    else throw new DoesNotApply('missing');
  }
  return here;
}

function index(name: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(name) || Number(name) > last) throw new DoesNotApply('index');
  return Number(name);
}

function set(document: unknown, path: readonly string[], value: unknown, how: 'add' | 'replace'): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (isList(document)) {
    if (rest.length > 0) {
      const place = index(name, document.length - 1);
      return document.with(place, set(document[place], rest, value, how));
    }
    if (how === 'replace') return document.with(index(name, document.length - 1), value);
    return document.toSpliced(name === '-' ? document.length : index(name, document.length), 0, value);
  }
  if (!isFields(document)) throw new DoesNotApply('parent');
  if ((rest.length > 0 || how === 'replace') && !Object.hasOwn(document, name)) throw new DoesNotApply('missing');
  return { ...document, [name]: rest.length === 0 ? value : set(own(document, name), rest, value, how) };
}

function remove(document: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) throw new DoesNotApply('root');
  if (isList(document)) {
    const place = index(name, document.length - 1);
    return rest.length === 0 ? document.toSpliced(place, 1) : document.with(place, remove(document[place], rest));
  }
  if (!isFields(document) || !Object.hasOwn(document, name)) throw new DoesNotApply('missing');
  return rest.length === 0 ? omit(document, name) : { ...document, [name]: remove(own(document, name), rest) };
}
