import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { clusterRoleBinding, commonObjects } from '../kubernetes/cluster/bootstrap.ts';
import { type ClusterPki, issue } from '../kubernetes/cluster/pki.ts';
import type { EtcdPrograms } from '../kubernetes/cluster/programs.ts';
import { type Component, type ControlPlaneFacts, type Flavour } from '../kubernetes/flavour.ts';
import { type NodePlace, rootOf } from '../kubernetes/node/place.ts';
import type { Images } from '../kubernetes/node/programs.ts';
import { ETCD_IMAGE, etcdPod } from './etcd-pod.ts';
import {
  ALL_BUNDLES,
  ALL_CERTS,
  certName,
  ETCD_OPERATOR_SPACE,
  ETCD_SPACE,
  etcdManifestIn,
  MACHINE_SPACE,
  NODE_CERTS,
  RESOURCES,
} from './layout.ts';
import { installOthers, OTHER_PARTS } from './other-pods.ts';

const SPACES = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'openshift-config',
  ETCD_SPACE,
  ETCD_OPERATOR_SPACE,
  MACHINE_SPACE,
  ...OTHER_PARTS.map(({ namespace }) => namespace),
];

/** A control plane as OpenShift lays it out: namespaces of their own, revisions of static pods, etcd beside its `etcdctl`. */
export const OPENSHIFT: Flavour = {
  name: 'openshift',
  podOf,
  containerOf: (component) => component,
  controlPlane: {
    labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/master': '' },
    taints: [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }],
  },
  workerLabels: { 'node-role.kubernetes.io/worker': '' },
  images,
  install,
  firstObjects: (facts) => [
    ...commonObjects(facts, SPACES),
    clusterRoleBinding('cluster-admins', 'cluster-admin', 'system:cluster-admins'),
  ],
};

function podOf(component: Component, node: string): { readonly namespace: string; readonly name: string } {
  const part = OTHER_PARTS.find((each) => each.component === component);
  return part === undefined
    ? { namespace: ETCD_SPACE, name: `etcd-${node}` }
    : { namespace: part.namespace, name: `${part.name}-${node}` };
}

/** The real image has a shell and the usual small programs; those that are asked for here. */
function images({ programs }: EtcdPrograms): Images {
  const name = basename(ETCD_IMAGE).split(':')[0] ?? '';
  const small = ['sh', 'bash', 'env', 'df', 'sleep', 'ls', 'cat', 'stat', 'date', 'hostname'];
  return { [name]: { ...programs, ...Object.fromEntries(small.map((each) => [each, each])) } };
}

/** What bootstrapping leaves on a node: revision 1, whose pods begin the ring together. */
async function install(place: NodePlace, facts: ControlPlaneFacts): Promise<void> {
  if (facts.state !== 'new') throw new Error('on OpenShift the etcd operator installs members that join');
  const certs = join(rootOf(place), RESOURCES, 'etcd-certs');
  await Promise.all([
    mkdir(join(certs, ALL_CERTS), { recursive: true }),
    writeBundles(facts.pki, place),
    mkdir(join(rootOf(place), 'var/lib/etcd'), { recursive: true, mode: 0o700 }),
  ]);
  for (const kind of NODE_CERTS) {
    await issueNodeCert(facts.pki, place, join(certs, ALL_CERTS, certName(kind, place.name)));
  }
  const endpoints = facts.members.flatMap((each) => each.clientUrl ?? []);
  const firstMembers = facts.members.map((each) => `${each.name}=${each.peerUrl}`).join(',');
  const revision = {
    revision: 1,
    endpoints,
    quotaBytes: facts.quotaBytes,
    etcdVersion: facts.etcdVersion,
    etcdArgs: facts.etcdArgs,
    forceRedeploymentReason: '',
  };
  const text = stringify(etcdPod(place, revision, firstMembers));
  await installOthers(place);
  const folder = join(rootOf(place), RESOURCES, 'etcd-pod-1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'etcd-pod.yaml'), text, { mode: 0o600 });
  await writeFile(etcdManifestIn(rootOf(place)), text, { mode: 0o600 });
}

/** The authorities that etcd believes. */
export async function writeBundles(pki: ClusterPki, place: NodePlace): Promise<void> {
  const bundle = join(rootOf(place), RESOURCES, 'etcd-certs', ALL_BUNDLES, 'server-ca-bundle.crt');
  await mkdir(dirname(bundle), { recursive: true });
  await copyFile(pki.etcdCa.cert, bundle);
}

/** A certificate of etcd for one node: for its name and the address that it has now. */
export async function issueNodeCert(
  pki: ClusterPki,
  { name, address }: Pick<NodePlace, 'name' | 'address'>,
  path: string,
): Promise<void> {
  const own = address === '127.0.0.1' ? [] : [`IP:${address}`];
  await issue({
    path,
    ca: pki.etcdCa,
    subject: `/O=system:etcd-peers/CN=system:etcd-peer:${name}`,
    usage: 'serverAuth,clientAuth',
    alternatives: ['DNS:localhost', `DNS:${name}`, 'IP:127.0.0.1', ...own],
  });
}
