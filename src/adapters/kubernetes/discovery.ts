import type { KubernetesResult, ObjectKind } from '../../core/ports/kubernetes.ts';
import { type Answer, jsonBody, limitedText, type ReadBody } from './body.ts';
import {
  type Catalog,
  type CatalogPart,
  mergeParts,
  readAggregated,
  readGroupList,
  readResourceList,
  type Served,
} from './catalog.ts';
import { type Deadline, unlessAborted } from './deadline.ts';
import { type Link, perform } from './link.ts';
import { answered, failed } from './outcome.ts';

/** Which kinds the server serves, learned from the server and kept until something is missing. */
export interface Discovery {
  /** How the server serves a kind; `null`: it does not. */
  find(kind: ObjectKind, deadline: Deadline): Promise<KubernetesResult<Served | null>>;
  /** Versions of a group, preferred first. */
  versions(group: string, deadline: Deadline): Promise<KubernetesResult<readonly string[]>>;
  /** Forgets nothing, but looks again before the next answer is given. */
  doubt(): void;
}

const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');
/** Most bytes of one answer of discovery. Clusters with a thousand custom kinds have 2 to 3 MB. */
const MOST = 32 << 20;

/** Makes the discovery of one port. A kind that is missing is looked up anew, with the server's ETags. */
export function createDiscovery(link: Link): Discovery {
  const store = createCatalogStore(link);

  /** What the catalog says, and once more after a new look-up if it says nothing and is not from just now. */
  async function ask<T>(
    deadline: Deadline,
    look: (catalog: Catalog) => Promise<KubernetesResult<T | null>>,
  ): Promise<KubernetesResult<T | null>> {
    const before = store.latest();
    const first = await store.known(deadline);
    if (!first.ok) return first;
    const found = await look(first.value);
    if (!found.ok || found.value !== null || first.value !== before) return found;
    const second = await store.refresh(deadline);
    return second.ok ? look(second.value) : second;
  }

  return {
    find: (kind, deadline) => ask(deadline, (catalog) => store.look(catalog, kind, deadline)),
    async versions(group, deadline) {
      const found = await ask(deadline, async (catalog) => answered(catalog.groups.get(group) ?? null));
      return found.ok ? answered(found.value ?? []) : found;
    },
    doubt: () => store.doubt(),
  };
}

function createCatalogStore(link: Link) {
  const parts = new Map<string, CatalogPart>();
  const legacy = new Map<string, readonly Served[]>();
  let catalog: Catalog | null = null;
  let loading: Promise<KubernetesResult<Catalog>> | null = null;
  let doubted = false;

  async function load(deadline: Deadline): Promise<KubernetesResult<Catalog>> {
    const fresh: CatalogPart[] = [];
    for (const path of ['/api', '/apis']) {
      const part = await loadPart(link, path, parts.get(path) ?? null, deadline);
      if (!part.ok) return part;
      parts.set(path, part.value);
      fresh.push(part.value);
    }
    legacy.clear();
    doubted = false;
    catalog = mergeParts(fresh);
    return answered(catalog);
  }

  /** Callers share one look-up; who shared one that its starter gave up begins again. */
  async function refresh(deadline: Deadline): Promise<KubernetesResult<Catalog>> {
    for (;;) {
      const mine = loading === null;
      loading ??= load(deadline).finally(() => {
        loading = null;
      });
      const result = await inTime(loading, deadline);
      if (result.ok || mine || deadline.signal.aborted) return result;
    }
  }

  return {
    latest: () => (doubted ? null : catalog),
    known: async (deadline: Deadline): Promise<KubernetesResult<Catalog>> =>
      catalog === null || doubted ? refresh(deadline) : answered(catalog),
    refresh,
    doubt() {
      doubted = true;
    },
    async look(from: Catalog, kind: ObjectKind, deadline: Deadline): Promise<KubernetesResult<Served | null>> {
      const found = from.kinds.get(keyOf(kind));
      if (found !== undefined) return answered(found);
      if (!from.incomplete.has(kind.apiVersion)) return answered(null);
      const listed = legacy.get(kind.apiVersion);
      const list = listed === undefined ? await loadResources(link, kind.apiVersion, deadline) : answered(listed);
      if (!list.ok) return list.error.code === 'no-such-kind' ? answered(null) : list;
      legacy.set(kind.apiVersion, list.value);
      return answered(list.value.find((each) => each.kind === kind.kind) ?? null);
    },
  };
}

/** What others began, within the caller's own time. */
async function inTime(
  loading: Promise<KubernetesResult<Catalog>>,
  deadline: Deadline,
): Promise<KubernetesResult<Catalog>> {
  try {
    return await unlessAborted(loading, deadline.signal);
  } catch (error) {
    const over = deadline.over(false);
    if (over === null) throw error;
    return failed(over.code, `the kinds that the server serves: ${over.message}`);
  }
}

function keyOf(kind: ObjectKind): string {
  return `${kind.apiVersion}/${kind.kind}`;
}

function loadPart(
  link: Link,
  path: string,
  known: CatalogPart | null,
  deadline: Deadline,
): Promise<KubernetesResult<CatalogPart>> {
  const read: ReadBody<CatalogPart> = async (answer) => {
    const etag = [answer.headers['etag']].flat()[0] ?? null;
    const parsed = await jsonBodyOr304(answer, known);
    return parsed.ok ? answered({ ...parsed.value, etag: etag ?? parsed.value.etag }) : parsed;
  };
  return perform(
    link,
    { method: 'GET', path, accept: AGGREGATED, etag: known?.etag ?? null, what: pathAttributes(path) },
    deadline,
    read,
  );
}

async function jsonBodyOr304(answer: Answer, known: CatalogPart | null): Promise<KubernetesResult<CatalogPart>> {
  if (known !== null && answer.status === 304) {
    // Read to its end, so that the connection can be used again.
    await limitedText(answer.body, 0);
    return answered(known);
  }
  const isAggregated = /as=APIGroupDiscoveryList/.test(String(answer.headers['content-type'] ?? ''));
  return jsonBody(MOST, isAggregated ? readAggregated : readGroupList)(answer);
}

function loadResources(
  link: Link,
  apiVersion: string,
  deadline: Deadline,
): Promise<KubernetesResult<readonly Served[]>> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  if (!/^[a-z0-9.-]+(\/[a-z0-9]+)?$/i.test(apiVersion)) {
    return Promise.resolve(failed('invalid', `${apiVersion} is no apiVersion`));
  }
  const read = jsonBody(MOST, (value) => readResourceList(apiVersion, value));
  return perform(link, { method: 'GET', path, what: pathAttributes(path) }, deadline, read);
}

/** What a request for a path asks for that is no resource. */
export function pathAttributes(path: string) {
  return { verb: 'get', group: '', resource: '', subresource: '', namespace: null, name: null, path };
}
