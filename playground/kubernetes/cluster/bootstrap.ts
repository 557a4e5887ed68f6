import { stringify } from 'yaml';
import { waitFor } from '../../waiting.ts';
import type { LocalApi, User } from '../contracts.ts';
import type { FirstFacts, PlacedObject } from '../flavour.ts';

const ADMIN: User = {
  name: 'kubernetes-super-admin',
  uid: '',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
};

/** Creates the first objects of a cluster; what exists already stays. @throws Error when an object is refused. */
export async function bootstrap(api: LocalApi, objects: readonly PlacedObject[]): Promise<void> {
  for (const { path, object } of objects) {
    await waitFor(`${object.kind} of the new cluster`, async () => {
      const { status, body } = await api.request({ method: 'POST', path, body: object, user: ADMIN, agent: 'kubeadm' });
      if (status === 201 || status === 409) return true;
      if (status < 500 && status !== 429) throw new Error(`${object.kind} was refused: ${JSON.stringify(body)}`);
      return false;
    });
  }
}

const SPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What kubeadm leaves behind. */
export function kubeadmObjects(facts: FirstFacts): readonly PlacedObject[] {
  return [
    ...commonObjects(facts, SPACES),
    configMap('kube-system', 'kubeadm-config', { ClusterConfiguration: stringify(clusterConfiguration(facts)) }),
    configMap('kube-system', 'kubelet-config', { kubelet: stringify(KUBELET_CONFIGURATION) }),
    configMap('kube-public', 'cluster-info', { kubeconfig: stringify(clusterInfo(facts)) }),
    clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', 'kubeadm:cluster-admins'),
  ];
}

/** Namespaces, each with the authority and the account that every one has. */
export function commonObjects({ ca }: Pick<FirstFacts, 'ca'>, spaces: readonly string[]): readonly PlacedObject[] {
  return [
    ...spaces.map(namespace),
    ...spaces.flatMap((each) => [configMap(each, 'kube-root-ca.crt', { 'ca.crt': ca }), serviceAccount(each)]),
  ];
}

function namespace(name: string): PlacedObject {
  return { path: '/api/v1/namespaces', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } };
}

/** A ConfigMap and where it goes. */
export function configMap(space: string, name: string, data: Readonly<Record<string, string>>): PlacedObject {
  return {
    path: `/api/v1/namespaces/${space}/configmaps`,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: space }, data },
  };
}

function serviceAccount(space: string): PlacedObject {
  return {
    path: `/api/v1/namespaces/${space}/serviceaccounts`,
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: space } },
  };
}

/** A binding of a group to a role of the cluster. */
export function clusterRoleBinding(name: string, role: string, group: string): PlacedObject {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    path: `/apis/${apiGroup}/v1/clusterrolebindings`,
    object: {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup, kind: 'Group', name: group }],
    },
  };
}

function clusterConfiguration(facts: FirstFacts): object {
  return {
    apiServer: {},
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    caCertificateValidityPeriod: '87600h0m0s',
    certificateValidityPeriod: '8760h0m0s',
    certificatesDir: '/etc/kubernetes/pki',
    clusterName: facts.name,
    controlPlaneEndpoint: facts.endpoint,
    controllerManager: {},
    dns: {},
    encryptionAlgorithm: 'ECDSA-P256',
    etcd: { local: { dataDir: '/var/lib/etcd' } },
    imageRepository: 'registry.k8s.io',
    kind: 'ClusterConfiguration',
    kubernetesVersion: facts.kubernetesVersion,
    networking: { dnsDomain: 'cluster.local', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
    proxy: {},
    scheduler: {},
  };
}

const KUBELET_CONFIGURATION = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  staticPodPath: '/etc/kubernetes/manifests',
};

function clusterInfo(facts: FirstFacts): object {
  const cluster = {
    'certificate-authority-data': Buffer.from(facts.ca).toString('base64'),
    server: `https://${facts.endpoint}`,
  };
  return { apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }], contexts: [], users: [] };
}
