import { availableParallelism, release, totalmem } from 'node:os';
import type { ApiObject, Fields } from '../contracts.ts';
import type { NodePlace } from './place.ts';
import { apiTime } from './pod-status.ts';

/** What a node says of itself. */
export interface NodeFacts {
  readonly place: NodePlace;
  /** `v1.36.2`. */
  readonly kubeletVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Fields[];
  /** `10.244.3.0/24`. */
  readonly podRange: string;
}

/** The Node object that the kubelet registers. Machine facts are this machine's; ids, image and runtime are made up. */
export function nodeObject(facts: NodeFacts, now: Date): ApiObject {
  const { name } = facts.place;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture(),
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture(),
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...facts.labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      podCIDR: facts.podRange,
      podCIDRs: [facts.podRange],
      ...(facts.taints.length === 0 ? {} : { taints: facts.taints }),
    },
    status: nodeStatus(facts, [], now),
  };
}

/** The node's status; `before`: its conditions at the API server, whose times of change are kept. */
export function nodeStatus(facts: NodeFacts, before: readonly Fields[], now: Date): Fields {
  const time = apiTime(now);
  const resources = {
    cpu: String(availableParallelism()),
    'ephemeral-storage': '20Gi',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '110',
  };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: CONDITIONS.map(([type, status, reason, message]) => {
      const same = before.find((each) => each['type'] === type && each['status'] === status);
      return {
        type,
        status,
        lastHeartbeatTime: time,
        lastTransitionTime: same?.['lastTransitionTime'] ?? time,
        reason,
        message,
      };
    }),
    addresses: [
      { type: 'InternalIP', address: facts.place.address },
      { type: 'Hostname', address: facts.place.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.place.port(10_250) } },
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: release(),
      osImage: 'Drydock playground',
      containerRuntimeVersion: 'containerd://2.1.0',
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: architecture(),
    },
  };
}

/** The node's heartbeat lease. `MicroTime` has exactly six decimals. */
export function nodeLease(name: string, nodeUid: string, now: Date): ApiObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: 'kube-node-lease',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: nodeUid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: now.toISOString().replace('Z', '000Z') },
  };
}

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
