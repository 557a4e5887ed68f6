/** How the etcd pods of a kind of cluster are found, and how `etcdctl` is called in them. */
export interface ExecFlavour {
  readonly namespace: string;
  readonly labelSelector: string;
  /** The container that has `etcdctl` and its certificates. */
  readonly container: string;
  /** The container that runs etcd: its flags tell name, addresses and quota. */
  readonly server: string;
  /** The whole command for one endpoint, argument by argument: the images have no shell. */
  command(endpoint: string, args: readonly string[]): readonly string[];
  /** A command that prints the free kilobytes of the data volume last; `null`: the image has no such program. */
  readonly freeDisk: readonly string[] | null;
}

const PKI = '/etc/kubernetes/pki/etcd';

/**
 * Clusters made by kubeadm, Cluster API's among them. The certificate is the one that kubeadm makes for the pod's own probes.
 *
 * Source: kubeadm's etcd manifest.
 */
const KUBEADM: ExecFlavour = {
  namespace: 'kube-system',
  labelSelector: 'component=etcd',
  container: 'etcd',
  server: 'etcd',
  command: (endpoint, args) => [
    'etcdctl',
    `--endpoints=${endpoint}`,
    `--cacert=${PKI}/ca.crt`,
    `--cert=${PKI}/healthcheck-client.crt`,
    `--key=${PKI}/healthcheck-client.key`,
    ...args,
  ],
  freeDisk: null,
};

/**
 * OpenShift. Its container has certificates and all endpoints in the environment; etcdctl refuses to start with endpoints in
 * both places.
 *
 * Source: cluster-etcd-operator's pod manifest; etcd's `pkg/flags`.
 */
const OPENSHIFT: ExecFlavour = {
  namespace: 'openshift-etcd',
  labelSelector: 'k8s-app=etcd',
  container: 'etcdctl',
  server: 'etcd',
  command: (endpoint, args) => ['env', '-u', 'ETCDCTL_ENDPOINTS', 'etcdctl', `--endpoints=${endpoint}`, ...args],
  freeDisk: ['df', '-kP', '/var/lib/etcd'],
};

/** The flavour of a platform; `kubeadm` stands for everything that runs etcd as kubeadm does. */
export function flavourOf(platform: 'kubeadm' | 'openshift'): ExecFlavour {
  return platform === 'openshift' ? OPENSHIFT : KUBEADM;
}
