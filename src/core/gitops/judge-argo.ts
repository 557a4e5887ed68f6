import type { KubernetesObject } from '../ports/kubernetes.ts';
import { APPLICATION, type ArgoApplication, INSTANCE, isNamed, resourceIn } from './argo.ts';
import { type IgnoredOf, ignoredOf } from './argo-ignores.ts';
import type { GitopsFinding, Place, Suspension } from './finding.ts';
import { fieldWriters } from './managed-fields.ts';
import { ARGO_MANAGERS, objectWords } from './owner.ts';
import { isOfObject, parseTrackingId, TRACKING_ID } from './tracking-id.ts';

/** The Applications of one cluster. `why`: without a period. */
export type ApplicationsRead =
  | { readonly kind: 'read'; readonly applications: readonly ArgoApplication[] }
  /** Applications are not served there. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unread'; readonly why: string };

/** Applications by the cluster in which they are. */
export type ApplicationsSeen = Readonly<Record<Suspension['cluster'], ApplicationsRead>>;

const OLD_INSTANCE = 'argocd.argoproj.io/instance';

type Paths = readonly (readonly string[])[];

/** What Argo CD does about changes of these fields of an object; `null`: it does not keep it. */
export function argoFinding(object: KubernetesObject, seen: ApplicationsSeen, paths: Paths): GitopsFinding | null {
  const said = saidOf(object);
  const found = applicationOf(object, seen, said);
  if (found !== null) return findingOf(object, { ...found, parent: parentOf(found, seen) }, paths);
  if (said === null || said.by === 'label') return null;
  return unseen(object, seen, said);
}

/** It says that Argo CD keeps it, and no Application that is seen does. */
function unseen(object: KubernetesObject, seen: ApplicationsSeen, said: Said): GitopsFinding {
  const unread = (['management', 'workload'] as const).flatMap((cluster) => {
    const read = seen[cluster];
    return read.kind === 'unread' ? [`its Applications in the ${cluster} cluster cannot be read: ${read.why}`] : [];
  });
  const base = { object: objectWords(object), source: '', place: 'manifest', suspension: null } as const;
  if (said.by === 'writer' && unread.length === 0) {
    if (said.name === '' || hasApplications(seen))
      return {
        ...base,
        who: 'Argo CD',
        reverts: 'by-hand',
        words: 'It wrote to the object once, and no Application in the clusters that Drydock sees keeps it now',
        stays: '',
      };
    return {
      ...base,
      who: 'Argo CD',
      reverts: 'unknown',
      words: `Whether it takes the change back cannot be told: it wrote to the object, which has the label ${INSTANCE}, and no Application is in the clusters that Drydock sees. Argo CD may work from elsewhere; if it is gone, take that label away`,
      stays: 'its Application cannot be seen',
    };
  }
  const elsewhere =
    'no such Application is in the clusters that Drydock sees: Argo CD may work from elsewhere, or the mark is left over and can be taken away';
  return {
    ...base,
    who: said.name === '' ? 'Argo CD' : `Argo CD, Application ${said.name}`,
    reverts: 'unknown',
    words: `Whether it takes the change back cannot be told: ${unread.length > 0 ? unread.join('; ') : elsewhere}`,
    stays: 'its Application cannot be seen',
  };
}

function hasApplications(seen: ApplicationsSeen): boolean {
  return Object.values(seen).some((read) => read.kind === 'read' && read.applications.length > 0);
}

/** The Application that an object says it is of. */
interface Said {
  /** Empty: it does not say which. */
  readonly name: string;
  /** By a mark of Argo CD; by what it wrote, perhaps long ago; by a label that others use too. */
  readonly by: 'mark' | 'writer' | 'label';
}

function saidOf(object: KubernetesObject): Said | null {
  const { annotations = {}, labels = {} } = object.metadata;
  const id = parseTrackingId(annotations[TRACKING_ID] ?? '');
  if (id !== null && isOfObject(id, object)) return { name: id.application, by: 'mark' };
  const old = labels[OLD_INSTANCE];
  if (old !== undefined) return { name: old, by: 'mark' };
  const writes = fieldWriters(object).some(({ manager }) => ARGO_MANAGERS.some((each) => each === manager));
  const name = labels[INSTANCE] ?? '';
  if (writes && id === null) return { name, by: 'writer' };
  return name === '' ? null : { name, by: 'label' };
}

interface Found {
  readonly application: ArgoApplication;
  readonly cluster: Suspension['cluster'];
}

/** Another Application that keeps this one, by the label of Argo CD before 3.0: one of that name must be there; `null`: there is none. */
function parentOf({ application, cluster }: Found, seen: ApplicationsSeen): string | null {
  const read = seen[cluster];
  const { instance, uid } = application;
  if (read.kind !== 'read' || instance === '') return null;
  const parent = read.applications.find((each) => each.uid !== uid && isNamed(each, instance));
  return parent === undefined ? null : `Application ${parent.namespace}/${parent.name}`;
}

/** By its name, and by the line of its status: what only has the label must stand there. */
function applicationOf(object: KubernetesObject, seen: ApplicationsSeen, said: Said | null): Found | null {
  const all = (['management', 'workload'] as const).flatMap((cluster) => {
    const read = seen[cluster];
    return read.kind === 'read' ? read.applications.map((application) => ({ application, cluster })) : [];
  });
  const named = all.filter(({ application }) => said !== null && said.name !== '' && isNamed(application, said.name));
  const listing = (each: Found): boolean => resourceIn(each.application, object) !== null;
  if (said?.by === 'mark') return named.find(listing) ?? named[0] ?? all.find(listing) ?? null;
  return named.find(listing) ?? (said?.by === 'writer' ? all.find(listing) : undefined) ?? null;
}

function findingOf(
  object: KubernetesObject,
  { application, cluster, parent }: Found & { readonly parent: string | null },
  paths: Paths,
): GitopsFinding {
  const { namespace, name, uid, automated, source } = application;
  const keptBy = application.keptBy ?? parent;
  const place: Place = application.renders ? 'chart' : 'manifest';
  const base = { object: objectWords(object), who: `Argo CD, Application ${namespace}/${name}`, source, place };
  if (application.skipped)
    return {
      ...base,
      reverts: 'by-hand',
      words:
        'Somebody told Argo CD to leave the Application alone (skip-reconcile); when that ends, it takes the change back',
      suspension: null,
      stays: '',
    };
  if (!application.syncs)
    return {
      ...base,
      reverts: 'by-hand',
      words: 'It syncs by hand: it shows the change as OutOfSync, and the next sync takes it back',
      suspension: null,
      stays: '',
    };
  const ignored = ignoredOf(application.ignores, placeOf(object), paths);
  if (ignored === 'all' && application.respectsIgnored)
    return {
      ...base,
      reverts: 'by-hand',
      words:
        'It leaves these fields as they are in the cluster (ignoreDifferences, RespectIgnoreDifferences): in Git they stay what they were, and who makes the object anew begins with that',
      suspension: null,
      stays: '',
    };
  return {
    ...base,
    ...(ignored === 'none' ? {} : { blind: true }),
    ...consequence(application, ignored),
    suspension:
      keptBy === null ? { way: 'argo', cluster, ...APPLICATION, namespace, name, uid, before: automated } : null,
    stays: keptBy === null ? '' : `${keptBy} keeps the Application itself and would end the suspension`,
  };
}

function placeOf({ apiVersion, kind, metadata: { namespace = '', name } }: KubernetesObject): IgnoredOf {
  return { apiVersion, kind, namespace, name };
}

function consequence(
  { heals }: ArgoApplication,
  ignored: ReturnType<typeof ignoredOf>,
): Pick<GitopsFinding, 'reverts' | 'words'> {
  if (ignored === 'all')
    return {
      reverts: 'at-next-sync',
      words:
        'It does not see the change (ignoreDifferences), and its next sync takes it back all the same: RespectIgnoreDifferences=true is not among its sync options',
    };
  if (heals) return { reverts: 'by-itself', words: 'It takes changes in the cluster back within seconds (selfHeal)' };
  const words = 'It syncs by itself: the next commit or sync takes the change back, in the middle or afterwards';
  return { reverts: 'at-next-sync', words };
}
