import { z } from 'zod';
import { Json } from '../json.ts';
import type { KubernetesObject, ObjectRef } from '../ports/kubernetes.ts';
import type { GitopsFinding, Suspension } from './finding.ts';
import { fieldWriters } from './managed-fields.ts';
import { objectWords } from './owner.ts';

/** The two controllers of Flux that keep objects. */
export const FLUX = {
  Kustomization: { group: 'kustomize.toolkit.fluxcd.io', manager: 'kustomize-controller' },
  HelmRelease: { group: 'helm.toolkit.fluxcd.io', manager: 'helm-controller' },
} as const;
/** Kind of an object of Flux. */
export type FluxKind = keyof typeof FLUX;

/** The Kustomization or HelmRelease that an object says it is of. */
export interface FluxSaid {
  readonly kind: FluxKind;
  readonly namespace: string;
  readonly name: string;
}

/** Reads it from the labels that Flux puts on what it applies; `null`: there are none. Source: Flux, *Kustomization*, labels. */
export function fluxSaid({ metadata }: KubernetesObject): FluxSaid | null {
  for (const kind of ['Kustomization', 'HelmRelease'] as const) {
    const name = metadata.labels?.[`${FLUX[kind].group}/name`];
    const namespace = metadata.labels?.[`${FLUX[kind].group}/namespace`];
    if (name !== undefined && namespace !== undefined) return { kind, namespace, name };
  }
  return null;
}

/** What became of the look at it. `version`: the version of the group that is served. `why`: without a period. */
export type FluxRead =
  | { readonly kind: 'read'; readonly object: KubernetesObject; readonly cluster: Suspension['cluster'] }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unread'; readonly why: string };

const Spec = z.looseObject({
  suspend: z.boolean().nullish(),
  interval: z.string().nullish(),
  path: z.string().nullish(),
  sourceRef: z.looseObject({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
  driftDetection: z.looseObject({ mode: z.string().nullish() }).nullish(),
});

/** Names the object that is looked for, in a version that is served. */
export function fluxRef({ kind, namespace, name }: FluxSaid, version: string): ObjectRef {
  return { apiVersion: `${FLUX[kind].group}/${version}`, kind, namespace, name };
}

/**
 * What Flux does about changes of an object.
 *
 * Sources: Flux, *Kustomization*: server-side apply at each interval, annotations `reconcile: disabled` and `ssa`; *HelmRelease*, drift
 * detection: only with mode `enabled` drift is corrected between upgrades.
 *
 * @param paths fields that are to be changed
 */
export function fluxFinding(
  object: KubernetesObject,
  paths: readonly (readonly string[])[],
  said: FluxSaid,
  read: FluxRead,
): GitopsFinding {
  const at = `${said.namespace}/${said.name}`;
  const base = {
    object: objectWords(object),
    who: `Flux, ${said.kind} ${at}`,
    source: '',
    place: said.kind === 'HelmRelease' ? 'chart' : 'manifest',
    suspension: null,
    stays: '',
  } as const;
  const alone = leftAlone(object, paths, said.kind);
  if (alone !== null) return { ...base, reverts: 'by-hand', words: alone };
  if (read.kind !== 'read') {
    const why =
      read.kind === 'gone'
        ? `${said.kind} ${at} is not there: Flux may work from elsewhere, or its labels are left over and can be taken away`
        : `${said.kind} ${at} cannot be read: ${read.why}`;
    const words = `Whether it takes the change back cannot be told: ${why}`;
    return { ...base, reverts: 'unknown', words, stays: 'it cannot be seen' };
  }
  const spec = Spec.safeParse(read.object['spec']);
  if (!spec.success) {
    const words = `Whether it takes the change back cannot be told: ${said.kind} ${at} says nothing legible`;
    return { ...base, reverts: 'unknown', words, stays: 'it cannot be understood' };
  }
  const { suspend, path, sourceRef } = spec.data;
  const source = [sourceRef?.name ? `${sourceRef.kind ?? 'source'} ${sourceRef.name}` : '', path ? `path ${path}` : ''];
  const told = { ...base, source: source.filter((part) => part !== '').join(', ') };
  if (suspend === true) {
    const words = 'Somebody suspended it already; when that ends, it takes the change back';
    return { ...told, reverts: 'by-hand', words };
  }
  return {
    ...told,
    ...consequence(said.kind, spec.data),
    suspension: suspensionOf(read.object, read.cluster, suspend),
  };
}

function consequence(
  kind: FluxKind,
  { interval, driftDetection }: z.infer<typeof Spec>,
): Pick<GitopsFinding, 'reverts' | 'words'> {
  const every = interval ? `every ${interval}` : 'at each interval';
  if (kind === 'Kustomization')
    return { reverts: 'by-itself', words: `It applies what is in Git ${every} and takes the change back` };
  return driftDetection?.mode === 'enabled'
    ? { reverts: 'by-itself', words: `It looks for drift ${every} and takes the change back` }
    : { reverts: 'at-next-sync', words: 'The next upgrade of the release takes the change back' };
}

function suspensionOf(
  { apiVersion, kind, metadata }: KubernetesObject,
  cluster: Suspension['cluster'],
  suspend: boolean | null | undefined,
): Suspension {
  const { namespace = '', name, uid } = metadata;
  return { way: 'flux', cluster, apiVersion, kind, namespace, name, uid, before: Json.parse(suspend ?? null) };
}

/** Why Flux leaves these fields alone; `null`: it does not. It applies on the server, so it owns exactly what is in Git. */
function leftAlone(object: KubernetesObject, paths: readonly (readonly string[])[], kind: FluxKind): string | null {
  const { group, manager } = FLUX[kind];
  const annotations = object.metadata.annotations ?? {};
  const disabled = annotations[`${group}/reconcile`] ?? '';
  if (disabled.toLowerCase() === 'disabled') return 'The object says that Flux leaves it alone (reconcile: disabled)';
  const apply = annotations[`${group}/ssa`] ?? '';
  if (/^(?:ignore|ifnotpresent)$/i.test(apply)) return `The object says that Flux leaves it alone (ssa: ${apply})`;
  const own = fieldWriters(object).filter((each) => each.manager === manager);
  if (kind !== 'Kustomization' || own.length === 0) return null;
  const keeps = paths.some((path) => own.some((each) => each.owns(path)));
  return keeps ? null : 'It keeps the object, not the fields that this run changes';
}
