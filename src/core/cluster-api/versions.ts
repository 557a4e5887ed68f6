import type { ObjectKind } from '../ports/kubernetes.ts';
import { CAPI_GROUP, CONTROL_PLANE_GROUP, ETCD_GROUP } from './names.ts';

/** Versions of Cluster API whose objects can be read here. Their fields lie in different places. */
export type CapiVersion = 'v1beta1' | 'v1beta2';

/** The kinds of a management cluster, in the versions that it serves. */
export interface CapiKinds {
  readonly cluster: ObjectKind;
  readonly machine: ObjectKind;
  readonly machineHealthCheck: ObjectKind;
  /** `null`: KubeadmControlPlane is not served. */
  readonly controlPlane: ObjectKind | null;
  /** `null`: there is no controller of external etcd. */
  readonly etcdadmCluster: ObjectKind | null;
}

const KNOWN: readonly CapiVersion[] = ['v1beta2', 'v1beta1'];

/** The version to ask for: the newest one that is served and known; `null`: none is. */
export function versionFor(served: readonly string[]): CapiVersion | null {
  return KNOWN.find((version) => served.includes(version)) ?? null;
}

/** The version in an `apiVersion`; what is not known is read as the newest. */
export function versionOf(apiVersion: string): CapiVersion {
  return apiVersion.endsWith('/v1beta1') ? 'v1beta1' : 'v1beta2';
}

/**
 * The kinds in the versions to ask for; `null`: the cluster serves no version of Cluster API that is known here.
 *
 * @param served versions of each group, as discovery told them
 */
export function kindsFor(served: {
  readonly core: readonly string[];
  readonly controlPlane: readonly string[];
  readonly etcd: readonly string[];
}): CapiKinds | null {
  const core = versionFor(served.core);
  if (core === null) return null;
  const controlPlane = versionFor(served.controlPlane);
  const inCore = (kind: string): ObjectKind => ({ apiVersion: `${CAPI_GROUP}/${core}`, kind });
  return {
    cluster: inCore('Cluster'),
    machine: inCore('Machine'),
    machineHealthCheck: inCore('MachineHealthCheck'),
    controlPlane:
      controlPlane === null
        ? null
        : { apiVersion: `${CONTROL_PLANE_GROUP}/${controlPlane}`, kind: 'KubeadmControlPlane' },
    etcdadmCluster: served.etcd.includes('v1beta1')
      ? { apiVersion: `${ETCD_GROUP}/v1beta1`, kind: 'EtcdadmCluster' }
      : null,
  };
}
