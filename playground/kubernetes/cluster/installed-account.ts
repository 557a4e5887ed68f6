import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { PlaygroundCluster } from '../cluster.ts';
import { accountAccess, serviceAccountKubeconfig } from './account-kubeconfig.ts';

/** The account that the shipped roles are bound to. */
const WORKER = { namespace: 'drydock', name: 'drydock-worker' } as const;

/** What every runbook of the demo's worker needs, whatever the platform. */
const SHARED = [
  'backups',
  'etcd-drill',
  'etcd-backup',
  'etcd-replace',
  'nodegroups',
  'drain',
  'uncordon',
  'upgrade',
  'undo',
];
const RUNBOOKS = ['status', 'members', 'alarms', 'etcd-defrag'];

/** Folders of the roles for each way to etcd. A snapshot does not come through `exec`. */
const WAYS = {
  exec: [...rolesOf('exec', RUNBOOKS), 'etcd-replace/exec'],
  tunnel: [...rolesOf('tunnel', RUNBOOKS), 'etcd-backup/tunnel', 'etcd-replace/tunnel'],
} as const;

/** Folders of the roles for each kind of cluster. */
const PLATFORMS = {
  kubeadm: ['etcd-replace/kubeadm'],
  openshift: ['etcd-backup/openshift', 'etcd-replace/openshift'],
} as const;

/** Shells on nodes. */
const NODE_SHELL = {
  kubeadm: ['node-shell/namespace.yaml', 'node-shell/role.yaml'],
  openshift: ['node-shell/namespace.yaml', 'node-shell/role.yaml', 'node-shell/openshift/role.yaml'],
} as const;

/** Label of what has to be where the etcd pods are; `roles/openshift` moves it there. */
const WITH_ETCD = { 'drydock.dev/etcd': 'pods' };

const DEPLOY = fileURLToPath(new URL('../../../deploy/kustomize/', import.meta.url));

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(['Namespace', 'ServiceAccount', 'Secret', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});
type Manifest = z.infer<typeof Manifest>;

/**
 * Applies what an installer applies for a cluster that the workers do not run in (`deploy/kustomize/remote`, `node-shell` and the roles
 * of the runbooks for that way to etcd) and writes a kubeconfig that speaks for the worker's account. So the worker of the
 * playground may do what the shipped roles grant, and nothing else.
 *
 * @returns path and context of the kubeconfig
 * @throws Error when the cluster refuses one of the objects.
 */
export async function installWorkerAccount(
  cluster: AccountCluster,
  access: 'exec' | 'tunnel',
): Promise<{ readonly kubeconfig: string; readonly context: string }> {
  const { name } = cluster.flavour;
  const roles = [...SHARED, ...WAYS[access], ...PLATFORMS[name]].map((folder) => `roles/${folder}/role.yaml`);
  return await installAccount(cluster, [...roles, ...NODE_SHELL[name]]);
}

/** What installing an account needs of a cluster. */
export type AccountCluster = Pick<PlaygroundCluster, 'name' | 'directory' | 'server' | 'pki' | 'api' | 'flavour'>;

/** As {@link installWorkerAccount}, with these files of `deploy/kustomize` beside the account. */
export async function installAccount(
  cluster: AccountCluster,
  files: readonly string[],
): Promise<{ readonly kubeconfig: string; readonly context: string }> {
  const etcdSpace = cluster.flavour.podOf('etcd', '').namespace;
  for (const file of ['remote/account.yaml', ...files]) {
    for (const manifest of await manifestsOf(join(DEPLOY, file))) await create(cluster, moved(manifest, etcdSpace));
  }
  await serviceAccountKubeconfig(cluster, WORKER);
  return workerAccess(cluster);
}

function moved(manifest: Manifest, etcdSpace: string): Manifest {
  const { metadata } = manifest;
  const isWithEtcd = Object.entries(WITH_ETCD).every(([key, value]) => metadata.labels[key] === value);
  return isWithEtcd ? { ...manifest, metadata: { ...metadata, namespace: etcdSpace } } : manifest;
}

/** What each runbook needs, and what it needs beside that for its way to etcd. */
function rolesOf(way: 'exec' | 'tunnel', runbooks: readonly string[]): readonly string[] {
  return runbooks.flatMap((runbook) => [runbook, `${runbook}/${way}`]);
}

/** Path and context of the worker's kubeconfig. */
export function workerAccess({ name, directory }: Pick<AccountCluster, 'name' | 'directory'>): {
  readonly kubeconfig: string;
  readonly context: string;
} {
  return accountAccess({ name, directory }, WORKER);
}

async function manifestsOf(file: string): Promise<readonly Manifest[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => Manifest.parse(document.toJS()));
}

async function create({ api }: Pick<PlaygroundCluster, 'api'>, manifest: Manifest): Promise<void> {
  const { status, body } = await api.request({ method: 'POST', path: collectionOf(manifest), body: manifest });
  if (status !== 201) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${status} ${JSON.stringify(body)}`);
}

/** `/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles`. */
function collectionOf({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${within}/${kind.toLowerCase()}s`;
}
