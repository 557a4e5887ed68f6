import type { Json, JsonObject } from '../../json.ts';
import { IMAGE_PATHS } from './image-paths.ts';
import { respelled } from './respelled.ts';

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
 * never guessed: somebody has to say it. In a template of a kind that is not known every text with the old version counts. What names the image by
 * its content (a digest, a checksum) would stay the old one's, whatever the name beside it says: that is never guessed either.
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
  const pinned = pinnedWords(order, known === undefined ? textsIn(order.spec) : set);
  if (fields.length > 0 && pinned !== null) return { kind: 'unclear', why: pinned };
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

function fieldAt(spec: Json, path: readonly string[]): readonly Found[] {
  let value: Json | undefined = spec;
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof value === 'number') return [{ path, value: String(value) }];
  return typeof value === 'string' && value !== '' ? [{ path, value }] : [];
}

/** An image by its content: `node:v1.30.6@sha256:…`. */
const DIGEST = /\b(?:sha256|sha512):[\da-f]+/i;
const CHECKSUM = /checksum|digest|sha(?:256|512)(?:sum)?$/i;
/** A kind of sum, not a sum: `image.checksumType` is `sha256`. */
const TYPE_OF_SUM = /(?:type|algorithm|format)$/i;

/** Why the content of the image would stay the old one; `null`: nothing says so. */
function pinnedWords({ kind, from, to }: ImageOrder, texts: readonly Found[]): string | null {
  const digest = texts.find(({ value }) => DIGEST.test(value));
  if (digest !== undefined && !isSum(digest)) {
    const name = digest.path.join('.');
    return `${name} is ${digest.value}: machines are made from that digest, whatever version stands before it; name the image of ${to} with --image`;
  }
  const sum = texts.find((each) => isSum(each) && respelled(each.value, from, to) === null);
  if (sum === undefined) return null;
  const name = sum.path.join('.');
  return `${name} is ${sum.value}, the checksum of the image of ${from}, and --image cannot give that of ${to}: use a ${kind} whose ${name} is the address of a file of checksums with the version in it, or upgrade this group by hand`;
}

function isSum({ path }: Found): boolean {
  const name = path.at(-1) ?? '';
  return CHECKSUM.test(name) && !TYPE_OF_SUM.test(name);
}

/** Every text of an unknown kind that contains the old version. */
function found({ spec, from, to }: ImageOrder): readonly Found[] {
  return textsIn(spec).filter(({ value }) => respelled(value, from, to) !== null);
}

/** Every text of a spec. Lists are left alone: a path could not name their items. */
function textsIn(value: Json, at: readonly string[] = []): readonly Found[] {
  if (typeof value === 'string') return value === '' ? [] : [{ path: at, value }];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => textsIn(each, [...at, name]));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
