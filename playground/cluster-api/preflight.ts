import { numbersOf } from '../kubernetes/versions.ts';

/** What decides whether a MachineSet may make machines. Versions as `v1.30.6`. */
export interface PreflightWorld {
  /** Of its machines; empty: not told. */
  readonly version: string;
  /** Its bootstrap configuration is of kubeadm. */
  readonly kubeadm: boolean;
  readonly plane: {
    /** `capi-clusters/capi-control-plane`. */
    readonly name: string;
    /** Wanted, and of its oldest machine (empty: not told yet). */
    readonly version: string;
    readonly actual: string;
  };
  /** `spec.topology.version` of the Cluster; `null`: it has no topology. */
  readonly topology: string | null;
  /** Value of the annotation that leaves checks out; empty: none. */
  readonly skip: string;
}

const MOST_BEHIND = 3;

/**
 * Why a MachineSet makes no machine now, in the words of its controller; empty: it may. Pure.
 *
 * Source: cluster-api core/reconcilers/machineset/machineset_preflight.go
 */
export function failedPreflights(world: PreflightWorld): readonly string[] {
  const skipped = new Set(world.skip.split(',').map((each) => each.trim()));
  if (skipped.has('All')) return [];
  return Object.entries(CHECKS).flatMap(([name, check]) => {
    const why = skipped.has(name) ? null : check(world);
    return why === null ? [] : [`${why} ("${name}" preflight check failed)`];
  });
}

const CHECKS: Readonly<Record<string, (world: PreflightWorld) => string | null>> = {
  ControlPlaneIsStable({ plane, topology }) {
    const named = `KubeadmControlPlane ${plane.name}`;
    if (topology !== null && topology !== plane.version) return `${named} has a pending version upgrade to ${topology}`;
    if (plane.actual === '') return `${named} is provisioning`;
    return plane.actual === plane.version ? null : `${named} is upgrading`;
  },
  KubernetesVersionSkew({ version, plane }) {
    const [own, control] = minors(version, plane.version);
    if (own === null || control === null) return null;
    const words = `${compared(version, plane.version)} do not conform to the kubernetes version skew policy as MachineSet version is`;
    if (own > control) return `${words} higher than ControlPlane version`;
    return own < control - MOST_BEHIND
      ? `${words} more than ${MOST_BEHIND} minor versions older than the ControlPlane version`
      : null;
  },
  KubeadmVersionSkew({ version, plane, kubeadm }) {
    const [own, control] = minors(version, plane.version);
    if (!kubeadm || own === null || control === null || own === control) return null;
    return `${compared(version, plane.version)} do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane`;
  },
  ControlPlaneVersionSkew({ version, plane, topology }) {
    if (topology === null || version === '' || version === plane.version) return null;
    return `MachineSet version (${version}) is not yet the same as the ControlPlane version (${plane.version}), waiting for version to be propagated to the MachineSet`;
  },
};

function minors(own: string, control: string): readonly [number | null, number | null] {
  return [numbersOf(own)?.minor ?? null, numbersOf(control)?.minor ?? null];
}

function compared(own: string, control: string): string {
  return `MachineSet version (${own.replace(/^v/, '')}) and ControlPlane version (${control.replace(/^v/, '')})`;
}
