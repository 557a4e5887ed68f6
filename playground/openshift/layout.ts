import { join } from 'node:path';

/** Where OpenShift has the files of its static pods. */
export const RESOURCES = '/etc/kubernetes/static-pod-resources';
/** What etcd's containers see of the folder with the certificates. */
export const CERTS = '/etc/kubernetes/static-pod-certs';
/** Every node has the certificates of all nodes, in this folder. */
export const ALL_CERTS = 'secrets/etcd-all-certs';
/** Authorities. */
export const ALL_BUNDLES = 'configmaps/etcd-all-bundles';
/** Namespace of etcd's pods, Secrets and revisions. */
export const ETCD_SPACE = 'openshift-etcd';
/** Namespace of the etcd operator. */
export const ETCD_OPERATOR_SPACE = 'openshift-etcd-operator';
/** Namespace of Machines and what makes them. */
export const MACHINE_SPACE = 'openshift-machine-api';

/** The three kinds of certificates that a node has for etcd. */
export const NODE_CERTS = ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'] as const;

/** Name of the secret with one of a node's certificates; also of its files. */
export function certName(kind: (typeof NODE_CERTS)[number], node: string): string {
  return `${kind}-${node}`;
}

/** Path of the manifest of the etcd pod, below a node's root. */
export function etcdManifestIn(root: string): string {
  return join(root, 'etc/kubernetes/manifests/etcd-pod.yaml');
}
