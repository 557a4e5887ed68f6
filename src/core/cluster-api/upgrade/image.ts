import type { Json, JsonObject } from '../../json.ts';
import { parseVersion } from '../../kubernetes/version.ts';
import { BY_MINOR, EACH, IMAGE_PATHS, LOOKED_UP, OTHER_DISKS } from './image-paths.ts';
import { respelled } from './respelled.ts';

/** A field of a template that names the image of a node, from `spec.template.spec` on, and what it is to say. Items of lists by their index. */
export interface ImageField {
  readonly path: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** What becomes of the image with another version. */
export type ImagePlan =
  /** The template names none: the provider looks it up by the version, and the template stays. */
  | { readonly kind: 'by-version' }
  /** The same, but by the minor version alone. `why`: what follows its name, without a period. */
  | { readonly kind: 'by-minor'; readonly why: string }
  /** The template stays, and whether that is right nobody here can tell. `why`: what follows its name, without a period. */
  | { readonly kind: 'untold'; readonly why: string }
  | {
      readonly kind: 'set';
      readonly fields: readonly ImageField[];
      /** `given-found`: given, and put where the old version was found, in a kind that is not known. */
      readonly how: 'replaced' | 'given' | 'found' | 'given-found';
      /** What stays in lists and may be what machines start from: which item that is nobody here can tell. Empty: nothing. */
      readonly left: string;
    }
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
  const set = known === undefined ? found(order) : known.flatMap((path) => fieldsAt(order.spec, path));
  if (given !== null) return givenImage(order, set, known ?? null, given);
  if (set.length === 0) return unsetImage(order, known ?? null, known === undefined ? inLists(order) : []);
  const fields = set.flatMap(({ path, value }) => {
    const to = respelled(value, order.from, order.to);
    return to === null ? [] : [{ path, from: value, to }];
  });
  const pinned = pinnedWords(order, known === undefined ? mayPin(order) : set);
  if (fields.length > 0 && pinned !== null) return { kind: 'unclear', why: pinned };
  if (fields.length > 0) {
    const left = wordsOf(known === undefined ? stayingInLists(order) : staying(order, set, known));
    return { kind: 'set', fields, how: known === undefined ? 'found' : 'replaced', left };
  }
  const names = set.map(({ path, value }) => `${path.join('.')} is ${value}`).join(', ');
  return {
    kind: 'unclear',
    why: `${names}, which does not contain ${order.from}: name the image of ${order.to} with --image`,
  };
}

/** Of a kind whose lists name images: those that do not say which version they are of, and disks that are never changed. */
function staying(order: ImageOrder, set: readonly Found[], known: readonly (readonly string[])[]): readonly Found[] {
  if (!known.some((path) => path.includes(EACH))) return [];
  const unsaid = set.filter((each) => !hasOld(order, each));
  return [...unsaid, ...(OTHER_DISKS[order.kind] ?? []).flatMap((path) => fieldsAt(order.spec, path))];
}

interface Found {
  readonly path: readonly string[];
  readonly value: string;
}

function givenImage(
  order: ImageOrder,
  set: readonly Found[],
  known: readonly (readonly string[])[] | null,
  given: string,
): ImagePlan {
  const { kind } = order;
  if (set.length > 1) {
    const names = set.map(({ path }) => path.join('.')).join(', ');
    return {
      kind: 'unclear',
      why: `${kind} has several fields that name an image (${names}): --image cannot tell which is meant`,
    };
  }
  const path = set[0]?.path ?? known?.[0] ?? null;
  if (path === null || path.includes(EACH))
    return {
      kind: 'unclear',
      why: `Drydock does not know which field of ${kind} names an image: --image cannot be used`,
    };
  const fields = [{ path, from: set[0]?.value ?? '', to: given }];
  return known === null
    ? { kind: 'set', fields, how: 'given-found', left: wordsOf(stayingInLists(order)) }
    : { kind: 'set', fields, how: 'given', left: wordsOf(staying(order, [], known)) };
}

/** No field that Drydock could change is set. */
function unsetImage(
  order: ImageOrder,
  known: readonly (readonly string[])[] | null,
  listed: readonly Found[],
): ImagePlan {
  const { kind, spec, from, to } = order;
  if (LOOKED_UP.has(kind)) return lookedUp(order);
  const [first] = listed;
  if (first !== undefined) {
    const stays = `${first.path.join('.')} is ${first.value}, in a list, where Drydock changes nothing`;
    return {
      kind: 'unclear',
      why: `${stays}: machines of ${to} would come from the old image; upgrade this group by hand`,
    };
  }
  if (known !== null) {
    const paths = known.map((path) => path.join('.'));
    const next = known[0]?.includes(EACH) ? ', and --image cannot be used' : ': name the image with --image';
    return {
      kind: 'untold',
      why: `names no image in ${paths.join(', ')}, and what its provider takes then is not known here${next}`,
    };
  }
  const named = wordsOf(textsIn(spec).filter(isImage));
  const stays = named === '' ? '' : `; it names ${named}, and that stays as it is`;
  return {
    kind: 'untold',
    why: `is of a kind that Drydock does not know, and nothing in it contains ${from}${stays}: whether machines of ${to} come from another image cannot be told, and --image cannot be used`,
  };
}

/** The provider finds the image; how it does may be set in the template too, so a text with the old version there is told. */
function lookedUp(order: ImageOrder): ImagePlan {
  const { kind, from, to } = order;
  const old = wordsOf(withOld(order));
  if (old !== '')
    return {
      kind: 'untold',
      why: `names no image, but ${old} contains ${from} and stays as it is: whether its provider looks for an image of ${to} cannot be told; name the image with --image`,
    };
  if (!BY_MINOR.has(kind)) return { kind: 'by-version' };
  const version = parseVersion(to);
  const family = version === null ? '' : ` …k8s-v${version.major}-${version.minor}`;
  return {
    kind: 'by-minor',
    why: `names no image: its provider takes the newest of the image family${family}, whatever patch version that is`,
  };
}

function wordsOf(texts: readonly Found[]): string {
  return texts.map(({ path, value }) => `${path.join('.')} (${value})`).join(', ');
}

/** What looks like the name of an image, in a template of a kind that is not known. */
function isImage({ path }: Found): boolean {
  const [name = '', parent = ''] = path.toReversed();
  return (/image/i.test(name) || /^image$/i.test(parent)) && !/polic|secret|pull|size|type|format/i.test(name);
}

function fieldsAt(value: Json, [name, ...rest]: readonly string[], at: readonly string[] = []): readonly Found[] {
  if (name === undefined) {
    if (typeof value === 'number') return [{ path: at, value: String(value) }];
    return typeof value === 'string' && value !== '' ? [{ path: at, value }] : [];
  }
  if (name === EACH) return itemsOf(value).flatMap(([index, each]) => fieldsAt(each, rest, [...at, index]));
  const inner = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return inner === undefined ? [] : fieldsAt(inner, rest, [...at, name]);
}

function itemsOf(value: Json): readonly (readonly [string, Json])[] {
  return Array.isArray(value) ? value.map((each, index) => [String(index), each] as const) : [];
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

/** Every text of an unknown kind that contains the old version, but for those in lists: what an item is for nobody can tell. */
function found(order: ImageOrder): readonly Found[] {
  return withOld(order).filter(({ listed }) => !listed);
}

/** The others. */
function inLists(order: ImageOrder): readonly Found[] {
  return withOld(order).filter(({ listed }) => listed);
}

/** Of lists of an unknown kind: what says the old version, and images by their digest. */
function stayingInLists(order: ImageOrder): readonly Found[] {
  const old = inLists(order);
  const digests = textsIn(order.spec).filter(
    (each) => each.listed && DIGEST.test(each.value) && !isSum(each) && !hasOld(order, each),
  );
  return [...old, ...digests];
}

/** Of an unknown kind: a sum of anything may stand in a list, so only one that says the old version counts there. */
function mayPin(order: ImageOrder): readonly Found[] {
  return textsIn(order.spec).filter((each) => !each.listed || hasOld(order, each));
}

function hasOld({ from, to }: ImageOrder, { value }: Found): boolean {
  return respelled(value, from, to) !== null;
}

function withOld(order: ImageOrder): readonly Text[] {
  return textsIn(order.spec).filter((each) => hasOld(order, each));
}

interface Text extends Found {
  /** It is an item of a list, or in one. */
  readonly listed: boolean;
}

/** Every text of a spec. */
function textsIn(value: Json, at: readonly string[] = [], listed = false): readonly Text[] {
  if (typeof value === 'string') return value === '' ? [] : [{ path: at, value, listed }];
  const items = itemsOf(value).flatMap(([index, each]) => textsIn(each, [...at, index], true));
  if (!isObject(value)) return items;
  return Object.entries(value).flatMap(([name, each]) => textsIn(each, [...at, name], listed));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
