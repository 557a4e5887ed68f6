import type { ApiObject } from '../contracts.ts';
import type { WatchCache } from '../store/watch-cache.ts';
import { conditionOf, kindsOf } from './custom-kinds.ts';
import { BUILT_IN_KINDS, REVIEW_KINDS, type ReviewKind, type ServedKind } from './kinds.ts';

/** Where definitions are stored. */
export const DEFINITIONS = '/registry/apiextensions.k8s.io/customresourcedefinitions/';

/** A group with its versions, the preferred one first. */
export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly string[];
}

/** Which kinds are served now. Custom ones follow their definitions in the storage. */
export interface KindRegistry {
  find(group: string, version: string, plural: string): ServedKind | undefined;
  findReview(group: string, version: string, plural: string): ReviewKind | undefined;
  groups(): readonly ServedGroup[];
  kinds(group: string, version: string): readonly ServedKind[];
  reviews(group: string, version: string): readonly ReviewKind[];
  all(): readonly ServedKind[];
  /** Whether a custom kind's storage works; always so for built-in ones. */
  initialized(kind: ServedKind): boolean;
}

/** How long a custom kind's storage takes after it was established, as on a real server. */
const INITIALIZING_MS = 250;

/** Follows the definitions in the cache. */
export function followKinds(cache: WatchCache): KindRegistry {
  let definitions: readonly ApiObject[] = [];
  let kinds: readonly ServedKind[] = BUILT_IN_KINDS;
  let groups: readonly ServedGroup[] = groupsOf(kinds);
  let known = -1;
  /** Name of a definition → when its storage began to work. */
  const workingSince = new Map<string, number>();
  const before = Date.now();
  function look(): void {
    if (known === cache.revision()) return;
    known = cache.revision();
    const next = cache.list(DEFINITIONS).map(({ object }) => object);
    // Objects of the cache are replaced, never changed.
    if (next.length === definitions.length && next.every((each, index) => each === definitions[index])) return;
    definitions = next;
    kinds = [...BUILT_IN_KINDS, ...definitions.flatMap((definition) => kindsOf(definition))];
    groups = groupsOf(kinds.filter((kind) => established(kind)));
    const names = new Set(definitions.map((definition) => String(definition.metadata['uid'])));
    for (const uid of workingSince.keys()) if (!names.has(uid)) workingSince.delete(uid);
    for (const definition of definitions) {
      const uid = String(definition.metadata['uid']);
      if (conditionOf(definition, 'Established') !== 'True') continue;
      if (!workingSince.has(uid)) workingSince.set(uid, Math.max(before, Date.now()));
    }
  }
  function all(): readonly ServedKind[] {
    look();
    return kinds;
  }
  return {
    find: (group, version, plural) =>
      all().find((kind) => kind.plural === plural && kind.group === group && kind.version === version),
    findReview: (group, version, plural) =>
      REVIEW_KINDS.find((kind) => kind.plural === plural && kind.group === group && kind.version === version),
    groups() {
      look();
      return groups;
    },
    kinds: (group, version) =>
      all().filter((kind) => kind.group === group && kind.version === version && established(kind)),
    reviews: (group, version) => REVIEW_KINDS.filter((kind) => kind.group === group && kind.version === version),
    all,
    initialized(kind) {
      if (kind.definition === null) return true;
      const since = workingSince.get(String(kind.definition.metadata['uid']));
      return since !== undefined && Date.now() - since >= INITIALIZING_MS;
    },
  };
}

/** Whether a kind is announced: built in, or its definition is established. */
function established(kind: ServedKind): boolean {
  return kind.definition === null || conditionOf(kind.definition, 'Established') === 'True';
}

function groupsOf(kinds: readonly ServedKind[]): readonly ServedGroup[] {
  const found = new Map<string, Set<string>>();
  for (const { group, version } of [...kinds, ...REVIEW_KINDS]) {
    const versions = found.get(group) ?? new Set();
    found.set(group, versions.add(version));
  }
  return [...found].map(([group, versions]) => ({ group, versions: [...versions] }));
}
