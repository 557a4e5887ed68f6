import { createHash } from 'node:crypto';
import { at, fieldsOf, isObject, sameJson, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';

/** Fields of each kind that stand in Git, in both versions of Cluster API. */
const KEPT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Cluster: [['spec', 'topology', 'version']],
  KubeadmControlPlane: [
    ['spec', 'replicas'],
    ['spec', 'version'],
    ['spec', 'machineTemplate', 'infrastructureRef'],
    ['spec', 'machineTemplate', 'spec', 'infrastructureRef'],
  ],
  MachineDeployment: [
    ['spec', 'replicas'],
    ['spec', 'template', 'spec', 'version'],
    ['spec', 'template', 'spec', 'infrastructureRef'],
    ['spec', 'template', 'spec', 'bootstrap', 'configRef'],
  ],
};

/** Label of what a topology makes: it stands in Git as part of its Cluster. */
const TOPOLOGY_OWNED = 'topology.cluster.x-k8s.io/owned';

/** What Git says of one object: only the fields that stand there, nested as in the object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly fields: Fields;
}

/** The content of a repository at one commit. */
export interface Repository {
  /** As Git names a commit. */
  readonly revision: string;
  readonly manifests: readonly Manifest[];
}

/** The manifest of an object as it is in the cluster; `null`: it does not stand in Git. */
export function manifestOf(object: ApiObject): Manifest | null {
  const paths = (KEPT[object.kind] ?? []).filter((path) => at(object, ...path) !== undefined);
  const isOwned = fieldsOf(object.metadata['labels'])[TOPOLOGY_OWNED] !== undefined;
  if (paths.length === 0 || isOwned) return null;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: textAt(object, 'metadata', 'namespace'),
    name: textAt(object, 'metadata', 'name'),
    fields: paths.reduce<Fields>((fields, path) => merged(fields, nested(path, at(object, ...path))), {}),
  };
}

/** A repository with these manifests. */
export function committed(manifests: readonly Manifest[]): Repository {
  return { revision: createHash('sha1').update(JSON.stringify(manifests)).digest('hex'), manifests };
}

/** With a further commit: this merge patch of one manifest. One that does not stand there changes nothing. */
export function withCommit(repository: Repository, what: Pick<Manifest, 'kind' | 'name'>, merge: Fields): Repository {
  return committed(
    repository.manifests.map((each) =>
      each.kind === what.kind && each.name === what.name ? { ...each, fields: merged(each.fields, merge) } : each,
    ),
  );
}

/** Whether the object in the cluster says what its manifest says. */
export function agrees({ fields }: Manifest, live: ApiObject): boolean {
  return covers(live, fields);
}

/** Whether a manifest is of this object. */
export function isOf(manifest: Manifest, object: unknown): boolean {
  return (
    isObject(object) &&
    object.kind === manifest.kind &&
    textAt(object, 'metadata', 'name') === manifest.name &&
    textAt(object, 'metadata', 'namespace') === manifest.namespace
  );
}

function covers(live: unknown, wanted: unknown): boolean {
  if (!isPlain(wanted)) return sameJson(live, wanted);
  return Object.entries(fieldsOf(wanted)).every(([name, value]) => covers(fieldsOf(live)[name], value));
}

function merged(into: Fields, from: Fields): Fields {
  const changed = Object.entries(from).map(([name, value]) => {
    const before = into[name];
    return [name, isPlain(value) ? merged(fieldsOf(before), fieldsOf(value)) : value] as const;
  });
  return { ...into, ...Object.fromEntries(changed) };
}

function nested(path: readonly string[], value: unknown): Fields {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
