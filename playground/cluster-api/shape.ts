import { apiTime, fieldsOf, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';

/** Versions of Cluster API that can be played; a management cluster serves one of them. */
export type CapiVersion = 'v1beta1' | 'v1beta2';

/** The namespace of everything. */
export const NAMESPACE = 'capi-clusters';

/** Where the objects of a version are, and how it writes what versions write differently. */
export interface Shape {
  readonly version: CapiVersion;
  /** Collections, in {@link NAMESPACE}. */
  readonly clusters: string;
  readonly machines: string;
  readonly healthChecks: string;
  readonly controlPlanes: string;
  readonly devMachines: string;
  readonly devMachineTemplates: string;
  readonly machineSets: string;
  readonly machineDeployments: string;
  readonly configTemplates: string;
  readonly clusterClasses: string;
  /** `cluster.x-k8s.io/v1beta2`. */
  readonly core: string;
  readonly controlPlane: string;
  readonly infrastructure: string;
  readonly bootstrap: string;
  reference(apiVersion: string, kind: string, name: string): Fields;
  /** v1beta2 knows the name only. */
  nodeReference(name: string, uid: string): Fields;
}

/** What a controller says, in both vocabularies. */
export interface Said {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
  /** False: only the older vocabulary has it. */
  readonly newer?: false;
  /** In the older vocabulary, where it has the condition. */
  readonly old?: { readonly reason?: string; readonly severity?: 'Error' | 'Warning' | 'Info' };
}

function inNamespace(apiVersion: string, plural: string): string {
  return `/apis/${apiVersion}/namespaces/${NAMESPACE}/${plural}`;
}

/** The shape of a version. */
export function shapeOf(version: CapiVersion): Shape {
  const core = `cluster.x-k8s.io/${version}`;
  const controlPlane = `controlplane.cluster.x-k8s.io/${version}`;
  const infrastructure = `infrastructure.cluster.x-k8s.io/${version}`;
  const bootstrap = `bootstrap.cluster.x-k8s.io/${version}`;
  return {
    version,
    core,
    controlPlane,
    infrastructure,
    bootstrap,
    machineSets: inNamespace(core, 'machinesets'),
    machineDeployments: inNamespace(core, 'machinedeployments'),
    clusterClasses: inNamespace(core, 'clusterclasses'),
    configTemplates: inNamespace(bootstrap, 'kubeadmconfigtemplates'),
    clusters: inNamespace(core, 'clusters'),
    machines: inNamespace(core, 'machines'),
    healthChecks: inNamespace(core, 'machinehealthchecks'),
    controlPlanes: inNamespace(controlPlane, 'kubeadmcontrolplanes'),
    devMachines: inNamespace(infrastructure, 'devmachines'),
    devMachineTemplates: inNamespace(infrastructure, 'devmachinetemplates'),
    reference: (apiVersion, kind, name) =>
      version === 'v1beta2'
        ? { apiGroup: apiVersion.split('/')[0] ?? '', kind, name }
        : { apiVersion, kind, name, namespace: NAMESPACE },
    nodeReference: (name, uid) => (version === 'v1beta2' ? { name } : { apiVersion: 'v1', kind: 'Node', name, uid }),
  };
}

/** A condition of the newer vocabulary; empty: there is none. */
export function conditionOf({ version }: Shape, object: unknown, type: string): Fields {
  const list =
    version === 'v1beta2' ? listAt(object, 'status', 'conditions') : listAt(object, 'status', 'v1beta2', 'conditions');
  return fieldsOf(list.find((each) => textAt(each, 'type') === type));
}

/**
 * The parts of a status that carry conditions, after these were said and those taken back. A time of change is kept where the status of the
 * condition stays.
 */
export function withConditions(
  shape: Shape,
  object: ApiObject,
  said: readonly Said[],
  takenBack: readonly string[] = [],
): Fields {
  const isNew = shape.version === 'v1beta2';
  const newList = isNew ? listAt(object, 'status', 'conditions') : listAt(object, 'status', 'v1beta2', 'conditions');
  const oldList = isNew
    ? listAt(object, 'status', 'deprecated', 'v1beta1', 'conditions')
    : listAt(object, 'status', 'conditions');
  const newer = merged(newList, said.flatMap(newerOf), takenBack);
  const older = merged(oldList, said.flatMap(olderOf), takenBack);
  return isNew
    ? { conditions: newer, deprecated: { v1beta1: { conditions: older } } }
    : { conditions: older, v1beta2: { conditions: newer } };
}

function newerOf({ type, status, reason, message = '', newer }: Said): readonly Fields[] {
  return newer === false ? [] : [{ type, status, reason, message }];
}

function olderOf({ type, status, reason, message = '', old }: Said): readonly Fields[] {
  if (old === undefined) return [];
  if (status === 'True') return [{ type, status }];
  return [{ type, status, severity: old.severity ?? 'Info', reason: old.reason ?? reason, message }];
}

function merged(before: readonly unknown[], said: readonly Fields[], takenBack: readonly string[]): readonly Fields[] {
  const kept = before
    .map(fieldsOf)
    .filter(({ type }) => !takenBack.includes(String(type)) && !said.some((each) => each['type'] === type));
  const fresh = said.map((each) => {
    const was = fieldsOf(before.find((one) => textAt(one, 'type') === each['type']));
    const same = was['status'] === each['status'];
    return { ...each, lastTransitionTime: same ? was['lastTransitionTime'] : apiTime() };
  });
  return [...kept, ...fresh].toSorted((a, b) => (String(fieldsOf(a)['type']) < String(fieldsOf(b)['type']) ? -1 : 1));
}
