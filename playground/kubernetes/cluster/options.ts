import type { ApiServerOptions } from '../api/server.ts';
import type { Admission, Attributes, LocalApi, User } from '../contracts.ts';
import type { Flavour } from '../flavour.ts';
import type { BackOffRules } from '../node/back-off.ts';
import type { ClusterPki } from './pki.ts';

/** Who may do what, what changes writes, and what answers subresources; made when the cluster's keys are there. */
export type Access = (facts: {
  readonly pki: ClusterPki;
  readonly api: LocalApi;
}) => Pick<ApiServerOptions, 'guard' | 'admission' | 'handlers'>;

/** All optional. */
export interface ClusterOptions {
  /** Default `prod`. */
  readonly name?: string;
  /** Default: a control plane as kubeadm sets it up. */
  readonly flavour?: Flavour;
  /** Default 3: `cp-1` … */
  readonly controlPlanes?: number;
  /** Default 0: `worker-1` … */
  readonly workers?: number;
  /** Path or name of the etcd program; `etcdctl` is taken from beside it. Default `etcd` of PATH. */
  readonly etcd?: string;
  /** Further arguments of every member; a later one wins. */
  readonly etcdArgs?: readonly string[];
  /** Default 512 MiB. */
  readonly quotaBytes?: number;
  /** What the first nodes say they are, and the API server as long as they are there; default `v1.36.2`. */
  readonly kubernetesVersion?: string;
  /** How many nodes may be added in its life; default 16. */
  readonly spareNodes?: number;
  /** Scales the kubelets' waits but not their back-off, and what controllers wait for; default 1. */
  readonly pace?: number;
  /** Default: the kubelet's. */
  readonly backOff?: BackOffRules;
  /** Default: tokens, RBAC, reviews and evictions as a real cluster has them; the kubeconfig is of `system:masters`. */
  readonly access?: Access;
  /** Asked about every write after those of {@link access}, as webhooks are. */
  readonly admission?: readonly Admission[];
  /** Told of each request that somebody has no right to. */
  readonly onRefused?: (user: User, what: Attributes) => void;
  /** `shared`: all nodes are 127.0.0.1 with free ports. Default: on Linux each has an address of its own. */
  readonly addresses?: 'own' | 'shared';
  /** Default: a new temporary directory, deleted when the cluster stops. A given one is kept; it must be empty. */
  readonly directory?: string;
}
