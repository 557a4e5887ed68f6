import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Group of the kinds that fetch from Git, registries and buckets. */
export const FLUX_SOURCES = 'source.toolkit.fluxcd.io';

/** The object that fetches what a Kustomization or HelmRelease applies. */
export interface FluxSource {
  /** `GitRepository`, `OCIRepository`, `Bucket`, `HelmChart`, `ExternalArtifact`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const Ref = z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().nullish() });
const Listed = z.array(z.unknown()).nullish();
const Spec = z.looseObject({
  sourceRef: Ref.nullish(),
  chartRef: Ref.nullish(),
  chart: z.looseObject({ spec: z.looseObject({ sourceRef: Ref }) }).nullish(),
  postBuild: z.looseObject({ substituteFrom: Listed }).nullish(),
  valuesFrom: Listed,
});
const Status = z.looseObject({
  helmChart: z.string().nullish(),
  lastAttemptedRevision: z.string().nullish(),
  lastAppliedRevision: z.string().nullish(),
  lastAttemptedRevisionDigest: z.string().nullish(),
  artifact: z.looseObject({ revision: z.string().nullish() }).nullish(),
});

/**
 * Which object that is; `null`: not told. Of a HelmRelease it is its HelmChart, which moves with the chart and not with every other chart of the
 * repository.
 *
 * Sources: Flux, *Kustomization*, source reference; *HelmRelease*, chart template and chart reference; helm-controller, `GetHelmChartName`.
 */
export function fluxSource(object: KubernetesObject): FluxSource | null {
  const spec = Spec.safeParse(object['spec']).data;
  const own = object.metadata.namespace ?? '';
  const ref = spec?.sourceRef ?? spec?.chartRef;
  if (ref) return { kind: ref.kind, namespace: ref.namespace ?? own, name: ref.name };
  const [namespace, name] = (statusOf(object)?.helmChart ?? '').split('/');
  if (namespace && name) return { kind: 'HelmChart', namespace, name };
  const repository = spec?.chart?.spec.sourceRef;
  if (repository === undefined) return null;
  return { kind: 'HelmChart', namespace: repository.namespace ?? own, name: `${own}-${object.metadata.name}` };
}

/** The revision that a source has fetched: `main@sha1:…`; empty: not told. */
export function fetchedRevision(source: KubernetesObject): string {
  return statusOf(source)?.artifact?.revision ?? '';
}

/** Revisions that a Kustomization or HelmRelease took from its source, or tried to; empty: not told. */
export function takenRevisions(object: KubernetesObject): readonly string[] {
  const { lastAttemptedRevision, lastAppliedRevision } = statusOf(object) ?? {};
  return [lastAttemptedRevision, lastAppliedRevision].flatMap((each) => (each ? [each] : []));
}

/**
 * Whether a source has fetched what its Kustomization or HelmRelease has not taken yet. Of an OCI artifact a HelmRelease tells the version of the
 * chart, and the digest beside it. Source: helm-controller, `mutateChartWithSourceRevision`.
 */
export function isAhead(object: KubernetesObject, fetched: string): boolean {
  const taken = takenRevisions(object);
  if (fetched === '' || taken.length === 0 || taken.includes(fetched)) return false;
  const digest = statusOf(object)?.lastAttemptedRevisionDigest;
  return !digest || (fetched !== digest && !fetched.endsWith(`@${digest}`));
}

function statusOf({ status }: KubernetesObject): z.infer<typeof Status> | undefined {
  return Status.safeParse(status ?? {}).data;
}

/** One that was suspended, as it was then. */
export interface FluxBefore {
  /** What it had taken from its source, and what that had fetched; empty: not known. */
  readonly revisions: readonly string[];
  /** Of those, what was fetched and not taken: people may have committed the change first. Absent: nothing. */
  readonly ahead?: readonly string[] | undefined;
  /** Of its spec; `null`: not told. */
  readonly generation: number | null;
}

/** Whether Git can have a change. Words without a period. */
export interface FluxMoved {
  readonly is:
    | 'moved'
    /** It cannot: the source is where it was. */
    | 'behind'
    /** Only people can tell. */
    | 'not-told';
  readonly words: string;
}

/**
 * Whether the source of one that is suspended has moved since. That the change is in what it fetched nobody tells: people say so. What is not
 * taken from the source may change without it: variables and values from elsewhere, and its own spec.
 *
 * @param fetched what its source has now, or why that is not known
 */
export function hasMoved(
  object: KubernetesObject,
  before: FluxBefore,
  fetched: { readonly revision: string } | { readonly why: string },
): FluxMoved {
  const name = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const spec = Spec.safeParse(object['spec']).data;
  const others = [...(spec?.postBuild?.substituteFrom ?? []), ...(spec?.valuesFrom ?? [])];
  const notTold = (why: string): FluxMoved => ({
    is: 'not-told',
    words: `whether Git has what ${name} applies was believed: ${why}`,
  });
  if ('why' in fetched) return notTold(fetched.why);
  const source = fluxSource(object);
  const at = `${source?.kind ?? 'its source'} ${source?.namespace ?? ''}/${source?.name ?? ''}`;
  if (fetched.revision === '') return notTold(`${at} tells no revision`);
  if (before.revisions.length === 0) return notTold(`at which revision ${at} was before is not known`);
  if (!before.revisions.includes(fetched.revision))
    return { is: 'moved', words: `${at} is at ${fetched.revision} by now` };
  if (before.ahead?.includes(fetched.revision) === true)
    return notTold(`${at} had fetched ${fetched.revision} before the change, and it was not applied yet`);
  if (others.length > 0) return notTold('it takes values from elsewhere too');
  if (before.generation !== (object.metadata.generation ?? null)) return notTold('its own spec was changed meanwhile');
  return { is: 'behind', words: `${at} is still at ${fetched.revision}, so ${name} cannot have the change from Git` };
}
