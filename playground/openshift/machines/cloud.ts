import { randomBytes } from 'node:crypto';
import type { ClusterNode, PlaygroundCluster } from '../../kubernetes/cluster.ts';
import { installOthers } from '../other-pods.ts';

/** How an instance is, in the provider's words. */
export type InstanceState = 'pending' | 'running' | 'stopped' | 'terminated';

/** A machine at the provider. */
export interface Instance {
  /** `i-0ec2782f8287dfb7e`. */
  readonly id: string;
  /** Name of the machine's object. */
  readonly machine: string;
  /** The node that it becomes. */
  readonly node: string;
  /** `aws:///us-east-1a/i-…`. */
  readonly providerId: string;
  readonly address: string;
  state: InstanceState;
}

/** The provider of the machines: real directories and processes, with the words of a cloud. */
export interface Cloud {
  /** The instance of a machine; `undefined`: there is none. */
  of(machine: string): Instance | undefined;
  ofNode(node: string): Instance | undefined;
  /** A new instance. It is `pending` until {@link Cloud.boot}. @throws Error in the provider's words while it has none. */
  create(machine: string): Instance;
  /** It runs: the kubelet starts, and everything but etcd is on it. */
  boot(instance: Instance): Promise<void>;
  /** Off and deleted. */
  terminate(instance: Instance): Promise<void>;
  /** Off, as when somebody stops it. Its disk stays. */
  powerOff(node: string): Promise<void>;
  /** On again. */
  powerOn(node: string): void;
  /** `words`: from now on it has no instances to give, and says so; `null`: it has. */
  refuse(words: string | null): void;
}

/** Makes the cloud with an instance for each control-plane node. `machineOf`: name of a node's machine. */
export function createCloud(cluster: PlaygroundCluster, machineOf: (node: ClusterNode) => string): Cloud {
  let instances: readonly Instance[] = cluster.nodes.map((node) => instanceOf(machineOf(node), node, 'running'));
  let refusal: string | null = null;
  function nextNode(): string {
    const numbers = instances.map(({ node }) => Number(/^cp-(\d+)$/.exec(node)?.[1] ?? 0));
    return `cp-${Math.max(0, ...numbers) + 1}`;
  }
  function nodeOf({ node }: Instance): ClusterNode {
    return cluster.node(node);
  }
  return {
    of: (machine) => instances.find((each) => each.machine === machine && each.state !== 'terminated'),
    ofNode: (node) => instances.find((each) => each.node === node && each.state !== 'terminated'),
    create(machine) {
      if (refusal !== null) throw new Error(refusal);
      const made = instanceOf(machine, cluster.addNode(nextNode()), 'pending');
      instances = [...instances, made];
      return made;
    },
    async boot(instance) {
      await installOthers(nodeOf(instance).place);
      instance.state = 'running';
      nodeOf(instance).startKubelet();
    },
    async terminate(instance) {
      instance.state = 'terminated';
      await cluster.removeNode(instance.node);
    },
    async powerOff(node) {
      const instance = instances.find((each) => each.node === node && each.state !== 'terminated');
      await cluster.node(node).powerOff();
      if (instance !== undefined) instance.state = 'stopped';
    },
    powerOn(node) {
      const instance = instances.find((each) => each.node === node && each.state !== 'terminated');
      if (instance !== undefined) instance.state = 'running';
      cluster.node(node).startKubelet();
    },
    refuse(words) {
      refusal = words;
    },
  };
}

function instanceOf(machine: string, { name, address }: ClusterNode, state: InstanceState): Instance {
  const id = `i-0${randomBytes(8).toString('hex')}`;
  return { id, machine, node: name, providerId: `aws:///us-east-1a/${id}`, address, state };
}
