import { z } from 'zod';
import type { OpenshiftPlace } from '../../src/core/etcd/diagnosis/case.ts';
import { MACHINE_SET, readMachineSet } from '../../src/core/openshift/machine-set.ts';
import type { KubernetesObject, KubernetesPort, KubernetesResult } from '../../src/core/ports/kubernetes.ts';

const CALL_MS = 10_000;
const Infrastructure = z.object({ status: z.object({ controlPlaneTopology: z.string().min(1) }) });

/** Reads how the control plane of an OpenShift cluster is made. What cannot be read is `null`: then no case is chosen by it. */
export async function readOpenshiftPlace(
  kubernetes: Pick<KubernetesPort, 'get'>,
  signal: AbortSignal,
): Promise<OpenshiftPlace> {
  const call = { timeoutMs: CALL_MS, signal };
  const [infrastructure, set] = await Promise.all([
    kubernetes.get(
      { apiVersion: 'config.openshift.io/v1', kind: 'Infrastructure', namespace: null, name: 'cluster' },
      call,
    ),
    kubernetes.get(MACHINE_SET, call),
  ]);
  const topology = infrastructure.ok ? Infrastructure.safeParse(infrastructure.value) : null;
  return {
    topology: topology?.success === true ? topology.data.status.controlPlaneTopology : null,
    controlPlaneMachineSet: machineSetOf(set),
  };
}

function machineSetOf(set: KubernetesResult<KubernetesObject>): OpenshiftPlace['controlPlaneMachineSet'] {
  if (!set.ok) return set.error.code === 'not-found' || set.error.code === 'no-such-kind' ? 'absent' : null;
  try {
    return readMachineSet(set.value).active ? 'active' : 'inactive';
  } catch {
    return null;
  }
}
