import { z } from 'zod';
import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import { answered, failed } from './outcome.ts';

/** How a kind is served. */
export interface Served {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural name in paths. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly subresources: ReadonlySet<string>;
}

/** What one of the two roots of discovery (`/api`, `/apis`) said. */
export interface CatalogPart {
  readonly etag: string | null;
  readonly served: readonly Served[];
  /** Group to its versions, preferred first. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** `apiVersion`s whose kinds were not listed: old servers list no kinds here, and a stale group may lack some. */
  readonly incomplete: ReadonlySet<string>;
}

/** All that is known of what the server serves. */
export interface Catalog {
  /** By `apiVersion/Kind`. */
  readonly kinds: ReadonlyMap<string, Served>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly incomplete: ReadonlySet<string>;
}

const Aggregated = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().default('') }),
      versions: z.array(
        z.object({
          version: z.string(),
          freshness: z.string().optional(),
          resources: z
            .array(
              z.object({
                resource: z.string(),
                scope: z.string(),
                responseKind: z.object({ kind: z.string() }).optional(),
                subresources: z.array(z.object({ subresource: z.string() })).nullish(),
              }),
            )
            .nullish(),
        }),
      ),
    }),
  ),
});

const GroupList = z.object({
  versions: z.array(z.string()).optional(),
  groups: z
    .array(
      z.object({
        name: z.string(),
        versions: z.array(z.object({ version: z.string() })),
        preferredVersion: z.object({ version: z.string() }).optional(),
      }),
    )
    .optional(),
});

const ResourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** Reads aggregated discovery (`APIGroupDiscoveryList`). */
export function readAggregated(value: unknown): KubernetesResult<CatalogPart> {
  const parsed = Aggregated.safeParse(value);
  if (!parsed.success) return strange();
  const served: Served[] = [];
  const groups = new Map<string, readonly string[]>();
  const incomplete = new Set<string>();
  for (const { metadata, versions } of parsed.data.items) {
    const group = metadata.name;
    groups.set(
      group,
      versions.map((each) => each.version),
    );
    for (const { version, freshness, resources } of versions) {
      if (freshness === 'Stale') incomplete.add(apiVersionOf(group, version));
      for (const { resource, scope, responseKind, subresources } of resources ?? []) {
        if (responseKind === undefined) continue;
        served.push({
          group,
          version,
          kind: responseKind.kind,
          resource,
          namespaced: scope === 'Namespaced',
          subresources: new Set((subresources ?? []).map((each) => each.subresource)),
        });
      }
    }
  }
  return answered({ etag: null, served, groups, incomplete });
}

/** Reads what servers before 1.26 answer: `APIVersions` or `APIGroupList`. Their kinds are asked for one by one. */
export function readGroupList(value: unknown): KubernetesResult<CatalogPart> {
  const parsed = GroupList.safeParse(value);
  if (!parsed.success) return strange();
  const groups = new Map<string, readonly string[]>();
  if (parsed.data.versions !== undefined) groups.set('', parsed.data.versions);
  for (const { name, versions, preferredVersion } of parsed.data.groups ?? []) {
    const all = versions.map((each) => each.version);
    const first = preferredVersion?.version;
    groups.set(name, first === undefined ? all : [first, ...all.filter((each) => each !== first)]);
  }
  if (groups.size === 0 && parsed.data.groups === undefined) return strange();
  const incomplete = [...groups].flatMap(([group, versions]) => versions.map((each) => apiVersionOf(group, each)));
  return answered({ etag: null, served: [], groups, incomplete: new Set(incomplete) });
}

/** Reads the kinds of one group and version (`APIResourceList`). */
export function readResourceList(apiVersion: string, value: unknown): KubernetesResult<readonly Served[]> {
  const parsed = ResourceList.safeParse(value);
  if (!parsed.success) return strange();
  const [first = '', second] = apiVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const { resources } = parsed.data;
  const whole = resources.filter((each) => !each.name.includes('/'));
  return answered(
    whole.map((each) => ({
      group,
      version,
      kind: each.kind,
      resource: each.name,
      namespaced: each.namespaced,
      subresources: new Set(
        resources
          .filter(({ name }) => name.startsWith(`${each.name}/`))
          .map(({ name }) => name.slice(each.name.length + 1)),
      ),
    })),
  );
}

/** One catalog of both roots. */
export function mergeParts(parts: readonly CatalogPart[]): Catalog {
  const kinds = new Map<string, Served>();
  for (const each of parts.flatMap((part) => part.served)) {
    const key = `${apiVersionOf(each.group, each.version)}/${each.kind}`;
    if (!kinds.has(key)) kinds.set(key, each);
  }
  return {
    kinds,
    groups: new Map(parts.flatMap((part) => [...part.groups])),
    incomplete: new Set(parts.flatMap((part) => [...part.incomplete])),
  };
}

/** `v1`, `apps/v1`. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function strange() {
  return failed('server-error', 'the list of served kinds has a shape that is not known');
}
