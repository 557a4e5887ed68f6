import type { NodePlace, Places } from '../node/place.ts';
import { type ClusterNode, createClusterNode, type NodeSettings, type NodeTraits } from './nodes.ts';

/** The machines of a cluster; they come and go. */
export interface NodeList {
  all(): readonly ClusterNode[];
  find(name: string): ClusterNode | undefined;
  /** A further machine: nothing is installed on it, and its kubelet does not run. @throws Error for a name that is there. */
  add(name: string, role: ClusterNode['role'], traits?: NodeTraits): ClusterNode;
  /** Powers a machine off and deletes what was on it. @throws Error for an unknown name. */
  remove(name: string): Promise<void>;
}

/** A machine that a list begins with. */
export interface FirstNode {
  readonly place: NodePlace;
  readonly role: ClusterNode['role'];
}

/** Makes a list with its first machines; their kubelets are not started yet. */
export function createNodeList(first: readonly FirstNode[], places: Places, settings: NodeSettings): NodeList {
  let count = 0;
  function make({ place, role }: FirstNode, traits?: NodeTraits): ClusterNode {
    const node = createClusterNode(place, count, role, settings, traits);
    count += 1;
    return node;
  }
  let nodes = first.map((each) => make(each));
  function find(name: string): ClusterNode | undefined {
    return nodes.find((each) => each.name === name);
  }
  return {
    all: () => nodes,
    find,
    add(name, role, traits) {
      if (find(name) !== undefined) throw new Error(`the cluster has a node ${name} already`);
      const node = make({ place: places.next(name), role }, traits);
      nodes = [...nodes, node];
      return node;
    },
    async remove(name) {
      const node = find(name);
      if (node === undefined) throw new Error(`the cluster has no node ${name}`);
      nodes = nodes.filter((each) => each !== node);
      await node.takeAway();
    },
  };
}
