import type { Field, ListMerge, Presence, Scalar, Shape, StructShape } from './shape.ts';

/*
 * How the types of the built-in kinds are written in `types/`:
 *
 *   Name: field type; field type …      a type, continued on indented lines; `Name*`: it also has apiVersion and kind
 *   field+  always sent    field?  sent when given, also empty    field+?  null when not given    (nothing)  sent when not empty
 *   s string, i integer, n number, b boolean, q quantity, is integer or string, t time, u time with microseconds, y bytes, x any JSON
 *   {T} map   [T] list, owned whole   [T]= set   [T]@a+b list by the keys a and b   T# or {T}# owned whole
 *   ~key strategic merge by key, ~ of plain values, ~- none (`@key` alone has it by the same key)   ^ retainKeys
 */

const scalars: Readonly<Record<string, Scalar>> = {
  s: 'string',
  i: 'integer',
  n: 'number',
  b: 'boolean',
  q: 'quantity',
  is: 'int-or-string',
  t: 'time',
  u: 'micro-time',
  y: 'bytes',
};

const presences: Readonly<Record<string, Presence>> = { '': 'filled', '+': 'always', '?': 'pointer', '+?': 'null' };

/** Types by name. */
export type Types = ReadonlyMap<string, StructShape>;

/** Reads the notation above. Throws for what is not written in it: the text is part of the program. */
export function readTypes(texts: readonly string[]): Types {
  const types = new Map<string, StructShape>();
  const lines = texts.join('\n').replaceAll(/\n +/g, ' ').split('\n');
  for (const line of lines.filter((text) => text !== '')) {
    const match = /^(\w+)(\*?):(.*)$/.exec(line);
    if (match === null) throw new Error(`types: ${line}`);
    const [, name = '', star, body = ''] = match;
    types.set(name, struct(types, name, star === '*' ? `apiVersion s;kind s;${body}` : body));
  }
  return types;
}

function struct(types: Types, name: string, body: string): StructShape {
  let known: ReadonlyMap<string, Field> | null = null;
  function fields(): ReadonlyMap<string, Field> {
    known ??= new Map(
      body
        .split(';')
        .map((text) => text.trim())
        .filter((text) => text !== '')
        .map((text) => field(types, text)),
    );
    return known;
  }
  return { type: 'struct', name, fields, atomic: false, others: null, retainKeys: false };
}

function field(types: Types, text: string): readonly [string, Field] {
  const match = /^([\w$-]+?)(\+\?|\+|\?|) (\S+)$/.exec(text);
  const [, name = '', mark = '', type = ''] = match ?? [];
  const presence = presences[mark];
  if (match === null || presence === undefined) throw new Error(`types: ${text}`);
  return [name, { name, presence, shape: readShape(types, type) }];
}

function readShape(types: Types, text: string): Shape {
  const scalar = scalars[text];
  if (scalar !== undefined) return { type: 'scalar', scalar };
  if (text === 'x') return { type: 'any', atomic: true };
  const map = /^\{(.+)\}(#?)$/.exec(text);
  if (map !== null) return { type: 'map', values: readShape(types, map[1] ?? ''), atomic: map[2] === '#' };
  const list = /^\[(.+)\](=|@[\w+]+)?(~-|~\w*)?(\^?)$/.exec(text);
  if (list !== null) return readList(types, list);
  const named = /^(\w+)(#?)(\^?)$/.exec(text);
  const base = types.get(named?.[1] ?? '');
  if (named === null || base === undefined) throw new Error(`types: no ${text}`);
  return { ...base, atomic: named[2] === '#', retainKeys: named[3] === '^' };
}

function readList(types: Types, match: RegExpExecArray): Shape {
  const [, items = '', ownership = '', patch = '', retain = ''] = match;
  const keys = ownership.startsWith('@') ? ownership.slice(1).split('+') : [];
  const how = ownership === '=' ? 'set' : keys.length > 0 ? 'map' : 'atomic';
  return {
    type: 'list',
    items: readShape(types, items),
    how,
    keys,
    keyDefaults: keys.includes('protocol') ? { protocol: 'TCP' } : {},
    merge: readMerge(patch, keys, retain === '^'),
  };
}

function readMerge(patch: string, keys: readonly string[], retainKeys: boolean): ListMerge | null {
  if (patch === '~-') return null;
  if (patch === '~') return { key: null, retainKeys };
  if (patch !== '') return { key: patch.slice(1), retainKeys };
  const [key] = keys;
  return key !== undefined && keys.length === 1 ? { key, retainKeys } : null;
}
