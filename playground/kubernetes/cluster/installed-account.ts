import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { PlaygroundCluster } from '../cluster.ts';
import { accountAccess, serviceAccountKubeconfig } from './account-kubeconfig.ts';

/** The account that the shipped roles are bound to. */
const WORKER = { namespace: 'drydock', name: 'drydock-worker' } as const;

/** Folders of the roles that the demo's worker has: all that are shipped for its way to etcd. */
const ROLES = {
  exec: [...rolesOf('exec', ['status', 'members', 'alarms', 'etcd-defrag']), 'backups', 'etcd-drill', 'etcd-backup'],
  tunnel: [
    ...rolesOf('tunnel', ['status', 'members', 'alarms', 'etcd-defrag', 'etcd-backup']),
    'backups',
    'etcd-drill',
  ],
} as const;

/** Shells on nodes, which a backup reads static files by. */
const NODE_SHELL = ['node-shell/namespace.yaml', 'node-shell/role.yaml'];

const DEPLOY = fileURLToPath(new URL('../../../deploy/kustomize/', import.meta.url));

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(['Namespace', 'ServiceAccount', 'Secret', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
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
  cluster: Pick<PlaygroundCluster, 'name' | 'directory' | 'server' | 'pki' | 'api'>,
  access: 'exec' | 'tunnel',
): Promise<{ readonly kubeconfig: string; readonly context: string }> {
  const roles = ROLES[access].map((folder) => `roles/${folder}/role.yaml`);
  return await installAccount(cluster, [...roles, ...NODE_SHELL]);
}

/** As {@link installWorkerAccount}, with these files of `deploy/kustomize` beside the account. */
export async function installAccount(
  cluster: Pick<PlaygroundCluster, 'name' | 'directory' | 'server' | 'pki' | 'api'>,
  files: readonly string[],
): Promise<{ readonly kubeconfig: string; readonly context: string }> {
  for (const file of ['remote/account.yaml', ...files]) {
    for (const manifest of await manifestsOf(join(DEPLOY, file))) await create(cluster, manifest);
  }
  await serviceAccountKubeconfig(cluster, WORKER);
  return workerAccess(cluster);
}

/** What each runbook needs, and what it needs beside that for its way to etcd. */
function rolesOf(way: 'exec' | 'tunnel', runbooks: readonly string[]): readonly string[] {
  return runbooks.flatMap((runbook) => [runbook, `${runbook}/${way}`]);
}

/** Path and context of the worker's kubeconfig. */
export function workerAccess({ name, directory }: Pick<PlaygroundCluster, 'name' | 'directory'>): {
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
