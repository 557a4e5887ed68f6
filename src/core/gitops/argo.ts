import { z } from 'zod';
import { type Json, Json as JsonSchema } from '../json.ts';
import { groupOf } from '../kubernetes/api-group.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { parseTime } from '../time.ts';
import { type IgnoredFields, readIgnored } from './argo-ignores.ts';
import { isOfObject, parseTrackingId, TRACKING_ID } from './tracking-id.ts';

/** Kind of an Application. */
export const APPLICATION = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;
/** Label by which Argo CD knew its objects before 3.0. Helm and many charts set it too, so that alone it means nothing. */
export const INSTANCE = 'app.kubernetes.io/instance';
/** `"true"`: Argo CD leaves the Application alone, its status too. Source: Argo CD, *Skip Application Reconcile*. */
export const SKIP_RECONCILE = 'argocd.argoproj.io/skip-reconcile';

/** One object of an Application, as its status names it. */
export interface TrackedResource {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `Synced`, `OutOfSync`, `Unknown`. */
  readonly status: string;
}

/** An Application of Argo CD, as far as it matters to an object that it keeps. */
export interface ArgoApplication {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `spec.syncPolicy.automated` as it stands; `null`: it syncs by hand. */
  readonly automated: Json;
  /** New commits are brought to the cluster by themselves. */
  readonly syncs: boolean;
  /** Changes in the cluster are taken back by themselves. */
  readonly heals: boolean;
  /** Somebody said that Argo CD leaves it alone. */
  readonly skipped: boolean;
  /** Where its manifests are: `https://git.example.com/x.git, path clusters`; empty: not told. */
  readonly source: string;
  /** Its manifests are rendered by a chart of Helm. */
  readonly renders: boolean;
  readonly resources: readonly TrackedResource[];
  /** Status of the whole: `Synced`, `OutOfSync`, `Unknown`; empty: not told. */
  readonly sync: string;
  /** The commits that it was compared with, one for each source; empty: not told. */
  readonly revisions: readonly string[];
  /** When it was last compared with the newest commit of its source, ms since the epoch, to the second; `null`: not told. */
  readonly comparedAt: number | null;
  /** A sync is asked for or under way: it goes on when the Application is suspended. */
  readonly syncing: boolean;
  /** Fields that it does not compare with Git. */
  readonly ignores: readonly IgnoredFields[];
  /** A sync leaves them too as they are in the cluster (`RespectIgnoreDifferences=true`). */
  readonly respectsIgnored: boolean;
  /** Who would take a change of the Application back; `null`: nobody that is known. */
  readonly keptBy: string | null;
  /** Its label `app.kubernetes.io/instance`, by which another Application may keep it; charts set it too. Empty: it has none. */
  readonly instance: string;
}

const Source = z.looseObject({
  repoURL: z.string().nullish(),
  path: z.string().nullish(),
  chart: z.string().nullish(),
  helm: z.looseObject({}).nullish(),
});
const Automated = z.looseObject({ enabled: z.boolean().nullish(), selfHeal: z.boolean().nullish() });
const Spec = z.looseObject({
  source: Source.nullish(),
  sources: z.array(Source).nullish(),
  syncPolicy: z.looseObject({ automated: JsonSchema.nullish(), syncOptions: z.array(z.unknown()).nullish() }).nullish(),
  ignoreDifferences: z.array(z.unknown()).nullish(),
});
const Resource = z.looseObject({
  group: z.string().nullish(),
  kind: z.string(),
  namespace: z.string().nullish(),
  name: z.string(),
  status: z.string().nullish(),
});
const Status = z.looseObject({
  operationState: z.looseObject({ phase: z.string().nullish() }).nullish(),
  reconciledAt: z.string().nullish(),
  resources: z.array(z.unknown()).nullish(),
  sync: z
    .looseObject({
      status: z.string().nullish(),
      revision: z.string().nullish(),
      revisions: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/**
 * Reads an Application; `null`: it says nothing legible.
 *
 * Sources: Argo CD, pkg/apis/application/v1alpha1/types.go: `automated` without `enabled` counts as enabled; controller/appcontroller.go,
 * `processAppRefreshQueueItem`: `reconciledAt` is when a comparison with the newest commit began, every 3 min or when a commit is told.
 */
export function readApplication(object: KubernetesObject): ArgoApplication | null {
  const spec = Spec.safeParse(object['spec']);
  const status = Status.safeParse(object['status'] ?? {});
  if (!spec.success || !status.success) return null;
  const automated = spec.data.syncPolicy?.automated ?? null;
  const policy = Automated.safeParse(automated).data ?? null;
  const syncs = automated !== null && policy?.enabled !== false;
  const { resources, sync } = status.data;
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    uid: object.metadata.uid,
    automated,
    syncs,
    heals: syncs && policy?.selfHeal === true,
    skipped: object.metadata.annotations?.[SKIP_RECONCILE] === 'true',
    source: sourceWords(spec.data),
    renders: sourcesOf(spec.data).some((each) => Boolean(each?.chart) || Boolean(each?.helm)),
    resources: (resources ?? []).flatMap(resourceOf),
    sync: sync?.status ?? '',
    revisions: sync?.revisions ?? (sync?.revision ? [sync.revision] : []),
    comparedAt: parseTime(status.data.reconciledAt ?? '') || null,
    syncing: Object.hasOwn(object, 'operation') || status.data.operationState?.phase === 'Running',
    ignores: (spec.data.ignoreDifferences ?? []).flatMap(readIgnored),
    respectsIgnored: spec.data.syncPolicy?.syncOptions?.includes('RespectIgnoreDifferences=true') === true,
    keptBy: keptBy(object),
    instance: object.metadata.labels?.[INSTANCE] ?? '',
  };
}

function sourcesOf({ source, sources }: z.infer<typeof Spec>) {
  return sources !== null && sources !== undefined && sources.length > 0 ? sources : [source];
}

function sourceWords(spec: z.infer<typeof Spec>): string {
  return sourcesOf(spec)
    .flatMap((each) => {
      if (!each?.repoURL) return [];
      const inside = each.path ? `path ${each.path}` : each.chart ? `chart ${each.chart}` : '';
      return [[each.repoURL, inside].filter((part) => part !== '').join(', ')];
    })
    .join('; ');
}

function resourceOf(raw: unknown): readonly TrackedResource[] {
  const { data } = Resource.safeParse(raw);
  if (data === undefined) return [];
  const { group, kind, namespace, name, status } = data;
  return [{ group: group ?? '', kind, namespace: namespace ?? '', name, status: status ?? '' }];
}

/**
 * An ApplicationSet writes the spec and the annotations of its Applications (Argo CD, *Automated Sync Policy*: toggling there has no effect);
 * another Application or Flux the spec of those it keeps. Managers of fields say nothing here: Argo CD writes the status of each.
 */
function keptBy(object: KubernetesObject): string | null {
  const { ownerReferences = [], annotations = {}, labels = {} } = object.metadata;
  const set = ownerReferences.find(({ kind }) => kind === 'ApplicationSet');
  if (set !== undefined) return `ApplicationSet ${set.name}`;
  const id = parseTrackingId(annotations[TRACKING_ID] ?? '');
  if (id !== null && isOfObject(id, object)) return `Application ${id.application}`;
  const old = labels['argocd.argoproj.io/instance'];
  if (old !== undefined) return `Application ${old}`;
  const flux = Object.keys(labels).some((key) => /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/.test(key));
  return flux ? 'Flux' : null;
}

/** An Application as its tracking ids name it, in or outside the namespace of Argo CD. */
export function isNamed({ namespace, name }: ArgoApplication, said: string): boolean {
  return said === name || said === `${namespace}_${name}`;
}

/** The line of the status on one object; `null`: there is none. The version of its group does not matter. */
export function resourceIn({ resources }: ArgoApplication, object: KubernetesObject): TrackedResource | null {
  const { apiVersion, kind, metadata } = object;
  const group = groupOf(apiVersion);
  const found = resources.find(
    (each) =>
      each.group === group &&
      each.kind === kind &&
      each.name === metadata.name &&
      (each.namespace === '' || each.namespace === (metadata.namespace ?? '')),
  );
  return found ?? null;
}
