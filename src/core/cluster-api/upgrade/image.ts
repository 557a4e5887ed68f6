import type { Json, JsonObject } from '../../json.ts';
import { parseVersion } from '../../kubernetes/version.ts';
import { IMAGE_PATHS } from './image-paths.ts';

/** A field of a template that names the image of a node, from `spec.template.spec` on, and what it is to say. */
export interface ImageField {
  readonly path: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** What becomes of the image with another version. */
export type ImagePlan =
  /** The template names none: the provider looks it up by the version, and the template stays. */
  | { readonly kind: 'by-version'; readonly isKnown: boolean }
  | { readonly kind: 'set'; readonly fields: readonly ImageField[]; readonly how: 'replaced' | 'given' | 'found' }
  /** It names one and does not say which version it is of. `why`: without a period. */
  | { readonly kind: 'unclear'; readonly why: string };

/** What is known of the template. */
export interface ImageOrder {
  readonly kind: string;
  /** Its `spec.template.spec`. */
  readonly spec: Json;
  readonly from: string;
  readonly to: string;
  /** As the person who asked gave it; `null`: nothing. */
  readonly given: string | null;
}

/**
 * What the new template has to name. A value that contains the old version gets the new one in the same spelling; one that does not is
 * never guessed: somebody has to say it. In a template of a kind that is not known every text with the old version counts.
 */
export function planImage(order: ImageOrder): ImagePlan {
  const { kind, given } = order;
  const known = IMAGE_PATHS[kind];
  const set = known === undefined ? found(order) : known.flatMap((path) => fieldAt(order.spec, path));
  if (given !== null) return givenImage(order, set, known?.[0] ?? null, given);
  if (set.length === 0) return { kind: 'by-version', isKnown: known !== undefined };
  const fields = set.flatMap(({ path, value }) => {
    const to = respelled(value, order.from, order.to);
    return to === null ? [] : [{ path, from: value, to }];
  });
  if (fields.length > 0) return { kind: 'set', fields, how: known === undefined ? 'found' : 'replaced' };
  const names = set.map(({ path, value }) => `${path.join('.')} is ${value}`).join(', ');
  return {
    kind: 'unclear',
    why: `${names}, which does not contain ${order.from}: name the image of ${order.to} with --image`,
  };
}

interface Found {
  readonly path: readonly string[];
  readonly value: string;
}

function givenImage(
  { kind }: ImageOrder,
  set: readonly Found[],
  first: readonly string[] | null,
  given: string,
): ImagePlan {
  if (set.length > 1) {
    const names = set.map(({ path }) => path.join('.')).join(', ');
    return {
      kind: 'unclear',
      why: `${kind} has several fields that name an image (${names}): --image cannot tell which is meant`,
    };
  }
  const path = set[0]?.path ?? first;
  if (path === null)
    return {
      kind: 'unclear',
      why: `Drydock does not know which field of ${kind} names an image: --image cannot be used`,
    };
  return { kind: 'set', fields: [{ path, from: set[0]?.value ?? '', to: given }], how: 'given' };
}

/** The same text with the new version, in the spelling of the old one (`1.30.6`, `1-30-6`, `1_30_6`); `null`: it does not contain the old one. */
export function respelled(text: string, from: string, to: string): string | null {
  const [old, next] = [parseVersion(from), parseVersion(to)];
  if (old === null || next === null) return null;
  for (const mark of ['.', '-', '_']) {
    const pattern = new RegExp(`(?<!\\d)${[old.major, old.minor, old.patch].join(`\\${mark}`)}(?!\\d)`, 'g');
    if (pattern.test(text)) return text.replaceAll(pattern, [next.major, next.minor, next.patch].join(mark));
  }
  return null;
}

function fieldAt(spec: Json, path: readonly string[]): readonly Found[] {
  let value: Json | undefined = spec;
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof value === 'number') return [{ path, value: String(value) }];
  return typeof value === 'string' && value !== '' ? [{ path, value }] : [];
}

/** Every text of an unknown kind that contains the old version. Lists are left alone: a path could not name their items. */
function found({ spec, from, to }: ImageOrder, at: readonly string[] = [], value: Json = spec): readonly Found[] {
  if (typeof value === 'string') return respelled(value, from, to) === null ? [] : [{ path: at, value }];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    found({ spec, from, to, kind: '', given: null }, [...at, name], each),
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
