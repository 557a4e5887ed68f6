import type { ClusterPki } from './cluster/pki.ts';
import type { EtcdPrograms } from './cluster/programs.ts';
import type { ApiObject, Fields } from './contracts.ts';
import type { NodePlace } from './node/place.ts';
import type { Images } from './node/programs.ts';

/** A member as `--initial-cluster` names it. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrl: string;
  /** Not part of the flag; left out: not known. */
  readonly clientUrl?: string;
}

/** What a control-plane node is installed with. */
export interface ControlPlaneFacts {
  readonly pki: ClusterPki;
  /** All members that the new process is told of, itself among them. */
  readonly members: readonly InitialMember[];
  /** `existing`: it joins a ring that is there. */
  readonly state: 'new' | 'existing';
  /** `3.4.23`: decides flags and probes. */
  readonly etcdVersion: string;
  /** `v1.36.2`. */
  readonly kubernetesVersion: string;
  readonly quotaBytes: number;
  /** Further arguments of every member; a later one wins. */
  readonly etcdArgs: readonly string[];
}

/** Parts of a control plane that have a static pod. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** Every component, etcd first. */
export const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** What the first objects of a cluster say. */
export interface FirstFacts {
  readonly name: string;
  readonly kubernetesVersion: string;
  /** `host:port` of the API server. */
  readonly endpoint: string;
  /** The cluster's authority, PEM. */
  readonly ca: string;
}

/** An object and the collection that it is created in. */
export interface PlacedObject {
  readonly path: string;
  readonly object: ApiObject;
}

/** How a distribution lays out its control plane. Everything else of a cluster is the same for all. */
export interface Flavour {
  readonly name: 'kubeadm' | 'openshift';
  /** Namespace of a component's static pods; their names are `<component>-<node>` (OpenShift's scheduler has a prefix of its own). */
  podOf(component: Component, node: string): { readonly namespace: string; readonly name: string };
  /** The container of a component's pod that does the work. */
  containerOf(component: Component): string;
  /** Labels and taints that the kubelet of a control-plane node registers with. */
  readonly controlPlane: { readonly labels: Readonly<Record<string, string>>; readonly taints: readonly Fields[] };
  /** Labels that the kubelet of a worker registers with. */
  readonly workerLabels: Readonly<Record<string, string>>;
  /** The programs that its images stand for. */
  images(etcd: EtcdPrograms): Images;
  /** Puts certificates and manifests on a control-plane node. Its kubelet starts what they say. */
  install(place: NodePlace, facts: ControlPlaneFacts): Promise<void>;
  /** What there is before anything else. */
  firstObjects(facts: FirstFacts): readonly PlacedObject[];
}

/** Client URL of the member on a node. */
export function clientUrl(place: Pick<NodePlace, 'address' | 'port'>): string {
  return `https://${place.address}:${place.port(2379)}`;
}

/** Peer URL of the member on a node. */
export function peerUrl(place: Pick<NodePlace, 'address' | 'port'>): string {
  return `https://${place.address}:${place.port(2380)}`;
}
