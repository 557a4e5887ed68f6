import type { Fields } from '../contracts.ts';

/** Kinds of plain values. `quantity`, `int-or-string`, times and `bytes` (base64) are text or numbers with rules of their own. */
export type Scalar =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'micro-time'
  | 'bytes';

/**
 * Whether a field is sent when it is empty. `filled`: only when it is not empty (Go's `omitempty`). `pointer`: when it was given, also empty.
 * `always`: it has its empty value when it was not given. `null`: it is null when it was not given.
 */
export type Presence = 'filled' | 'pointer' | 'always' | 'null';

/** A named field of a struct. */
export interface Field {
  readonly name: string;
  readonly presence: Presence;
  readonly shape: Shape;
}

/** How a list is merged by a strategic patch. */
export interface ListMerge {
  /** Field that tells elements apart; `null`: plain values, each once. */
  readonly key: string | null;
  /** An element of the patch names which of its fields stay (`$retainKeys`). */
  readonly retainKeys: boolean;
}

/** A list. Owned whole (`atomic`), by value (`set`) or by the fields in `keys` (`map`). */
export interface ListShape {
  readonly type: 'list';
  readonly items: Shape;
  readonly how: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  /** What a key is when the element does not say. */
  readonly keyDefaults: Fields;
  readonly merge: ListMerge | null;
}

/** An object with named fields. */
export interface StructShape {
  readonly type: 'struct';
  readonly name: string;
  /** By name, in the order of the type. Read lazily, because types contain themselves. */
  readonly fields: () => ReadonlyMap<string, Field>;
  readonly atomic: boolean;
  /** What fields of other names hold; `null`: there are none. */
  readonly others: Shape | null;
  readonly retainKeys: boolean;
}

/** An object with free names. */
export interface MapShape {
  readonly type: 'map';
  readonly values: Shape;
  readonly atomic: boolean;
}

/** What a value looks like, and how it is merged and owned. `any` is untyped JSON. */
export type Shape =
  | { readonly type: 'scalar'; readonly scalar: Scalar }
  | { readonly type: 'any'; readonly atomic: boolean }
  | StructShape
  | MapShape
  | ListShape;

/** Untyped JSON whose objects are owned field by field, and whose lists are owned whole. */
export const anything: Shape = { type: 'any', atomic: false };

/** The shape of a field, or of an element of a map; `anything` where nothing is known. */
export function shapeOf(shape: Shape, name: string): Shape {
  if (shape.type === 'map') return shape.values;
  if (shape.type === 'struct') return shape.fields().get(name)?.shape ?? shape.others ?? anything;
  return anything;
}

/** The shape of a list's elements. */
export function itemShape(shape: Shape): Shape {
  return shape.type === 'list' ? shape.items : anything;
}
