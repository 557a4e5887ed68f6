import { at, fieldsOf, listAt, numberAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { identity, ownedBy } from './objects.ts';
import type { Bounds, SetSize } from './rolling-update.ts';
import { templateHash } from './template-hash.ts';

const OWN = 'deployment.kubernetes.io/';
const HASH = 'pod-template-hash';
const NOT_COPIED = new Set(['kubectl.kubernetes.io/last-applied-configuration', 'deprecated.deployment.rollback.to']);

/** Annotation that counts the templates of a Deployment. */
export const REVISION = `${OWN}revision`;
/** Annotation of a ReplicaSet: what the Deployment wanted when it was last scaled. */
export const DESIRED = `${OWN}desired-replicas`;

/** The ReplicaSet of the present template; the oldest one if there are several. */
export function freshOf(deployment: ApiObject, sets: readonly ApiObject[]): ApiObject | undefined {
  const wanted = bare(at(deployment, 'spec', 'template'));
  return oldestFirst(sets).find((set) => sameJson(bare(at(set, 'spec', 'template')), wanted));
}

function bare(template: unknown): Fields {
  const { [HASH]: _, ...labels } = fieldsOf(at(template, 'metadata', 'labels'));
  const { creationTimestamp: _time, ...metadata } = fieldsOf(at(template, 'metadata'));
  return { ...fieldsOf(template), metadata: { ...metadata, labels } };
}

/** In the order of their creation. */
export function oldestFirst(sets: readonly ApiObject[]): readonly ApiObject[] {
  return sets.toSorted((a, b) => textOrder(a, b, 'creationTimestamp') || textOrder(a, b, 'name'));
}

function textOrder(a: ApiObject, b: ApiObject, field: string): number {
  const [left, right] = [textAt(a, 'metadata', field), textAt(b, 'metadata', field)];
  return left < right ? -1 : Number(left > right);
}

/** The number of the revision; 0: none. */
export function revisionOf(object: unknown): number {
  return Number(textAt(object, 'metadata', 'annotations', REVISION)) || 0;
}

/** The revision that the present template has: one more than all others had. */
export function nextRevision(fresh: ApiObject | undefined, old: readonly ApiObject[]): number {
  return Math.max(revisionOf(fresh), ...old.map((set) => revisionOf(set) + 1), 1);
}

/** A new ReplicaSet for the present template. */
export function newSet(deployment: ApiObject, bounds: Bounds, replicas: number, revision: number): ApiObject {
  const { name, namespace } = identity(deployment);
  const spec = fieldsOf(deployment['spec']);
  const template = fieldsOf(spec['template']);
  const hash = templateHash(bare(template));
  const selector = fieldsOf(spec['selector']);
  const labels = { ...fieldsOf(at(template, 'metadata', 'labels')), [HASH]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: setAnnotations(deployment, {}, bounds, revision),
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      replicas,
      ...(numberAt(spec, 'minReadySeconds') === undefined ? {} : { minReadySeconds: spec['minReadySeconds'] }),
      selector: { ...selector, matchLabels: { ...fieldsOf(selector['matchLabels']), [HASH]: hash } },
      template: { ...template, metadata: { ...fieldsOf(template['metadata']), labels } },
    },
  };
}

/** The ReplicaSet with another size, and with what the Deployment notes on it. `revision` null: it keeps its own. */
export function resized(
  set: ApiObject,
  deployment: ApiObject,
  bounds: Bounds,
  change: { readonly replicas: number; readonly revision: number | null },
): ApiObject {
  const present = fieldsOf(set.metadata['annotations']);
  const annotations =
    change.revision === null
      ? { ...present, ...sizes(bounds) }
      : setAnnotations(deployment, present, bounds, change.revision);
  const minReadySeconds = numberAt(deployment, 'spec', 'minReadySeconds');
  const spec = {
    ...fieldsOf(set['spec']),
    replicas: change.replicas,
    ...(change.revision === null || minReadySeconds === undefined ? {} : { minReadySeconds }),
  };
  return { ...set, metadata: { ...set.metadata, annotations }, spec };
}

function setAnnotations(deployment: ApiObject, present: Fields, bounds: Bounds, revision: number): Fields {
  const copied = Object.entries(fieldsOf(deployment.metadata['annotations'])).filter(
    ([name]) => !name.startsWith(OWN) && !NOT_COPIED.has(name),
  );
  const before = textAt(present, REVISION);
  const history =
    before === '' || before === String(revision)
      ? {}
      : { [`${OWN}revision-history`]: [textAt(present, `${OWN}revision-history`), before].filter(Boolean).join(',') };
  return { ...present, ...Object.fromEntries(copied), ...sizes(bounds), ...history, [REVISION]: String(revision) };
}

function sizes({ wanted, maxSurge }: Bounds): Fields {
  return { [DESIRED]: String(wanted), [`${OWN}max-replicas`]: String(wanted + maxSurge) };
}

/** A ReplicaSet in numbers. */
export function sizeOf(set: ApiObject): SetSize {
  return {
    uid: identity(set).uid,
    replicas: numberAt(set, 'spec', 'replicas') ?? 1,
    available: numberAt(set, 'status', 'availableReplicas') ?? 0,
  };
}

/** Whether the wanted number changed since the active ReplicaSets were last scaled. */
export function wasRescaled(sets: readonly ApiObject[], { wanted }: Bounds): boolean {
  return sets
    .filter((set) => (numberAt(set, 'spec', 'replicas') ?? 1) > 0)
    .some((set) => {
      const noted = textAt(set, 'metadata', 'annotations', DESIRED);
      return noted !== '' && noted !== String(wanted);
    });
}

/** Old ReplicaSets beyond the history that is kept. */
export function beyondHistory(deployment: ApiObject, old: readonly ApiObject[]): readonly ApiObject[] {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10;
  const empty = old.filter(
    (set) =>
      sizeOf(set).replicas === 0 &&
      (numberAt(set, 'status', 'replicas') ?? 0) === 0 &&
      listAt(set, 'metadata', 'finalizers').length === 0,
  );
  return empty.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, old.length - limit));
}
