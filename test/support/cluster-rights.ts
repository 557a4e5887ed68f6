import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { serviceAccountKubeconfig } from '../../playground/kubernetes/cluster/account-kubeconfig.ts';
import { workerAccess } from '../../playground/kubernetes/cluster/installed-account.ts';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';

/** One rule of a role. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const CORE = [''];

/** What a defragmentation by exec needs, by what it is for. */
export const DEFRAG_RIGHTS = {
  discovery: { nonResourceURLs: ['/api', '/apis', '/version'], verbs: ['get'] },
  pods: { apiGroups: CORE, resources: ['pods'], verbs: ['get', 'list'] },
  exec: { apiGroups: CORE, resources: ['pods/exec'], verbs: ['get', 'create'] },
  leases: {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'create', 'update', 'delete'],
  },
  /** Too little: notes can be read and not written. */
  leasesToRead: { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list'] },
} as const satisfies Readonly<Record<string, Rule>>;

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const NAMESPACE = 'kube-system';

async function make(cluster: PlaygroundCluster, path: string, body: object): Promise<void> {
  const answer = await cluster.api.request({ method: 'POST', path, body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Makes a service account of namespace kube-system with these rights, everywhere. */
export async function makeAccount(cluster: PlaygroundCluster, name: string, rules: readonly Rule[]): Promise<void> {
  await make(cluster, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
  });
  await make(cluster, `${RBAC}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  });
  await make(cluster, `${RBAC}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
  });
}

/** Makes the account anew: tokens of the former one are refused from now on. Its rights stay. */
export async function replaceAccount(cluster: PlaygroundCluster, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await cluster.api.request({ method: 'DELETE', path: `${path}/${name}` });
  await make(cluster, path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
}

const Kubeconfig = z.looseObject({
  users: z.tuple([z.looseObject({ user: z.looseObject({ token: z.string().optional() }) })]),
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({}) })]),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

/** A new token of an account. */
export async function tokenOf(cluster: PlaygroundCluster, name: string): Promise<string> {
  const file = await serviceAccountKubeconfig(cluster, { namespace: NAMESPACE, name });
  const [{ user }] = Kubeconfig.parse(parse(await readFile(file, 'utf8'))).users;
  return user.token ?? '';
}

/** Changes the kubeconfig that the playground's worker has. Answers how to put it back. */
export async function rewriteKubeconfig(
  cluster: PlaygroundCluster,
  change: (file: Kubeconfig) => object,
): Promise<() => Promise<void>> {
  const { kubeconfig } = workerAccess(cluster);
  const before = await readFile(kubeconfig, 'utf8');
  await writeFile(kubeconfig, stringify(change(Kubeconfig.parse(parse(before)))));
  return async () => await writeFile(kubeconfig, before);
}

/** The file with another user. */
export function withUser(file: Kubeconfig, user: object): object {
  return { ...file, users: [{ ...file.users[0], user }] };
}

/** A plug-in for credentials that gives the token of a file, and notes each time it is asked. */
export interface TokenPlugin {
  /** The `user` of a kubeconfig. */
  readonly user: object;
  give(token: string): Promise<void>;
  /** How often it was asked. */
  asked(): Promise<number>;
}

/** Makes the plug-in in the directory of a cluster. */
export async function makeTokenPlugin(cluster: PlaygroundCluster): Promise<TokenPlugin> {
  const program = join(cluster.directory, 'token-plugin');
  const [token, log] = [`${program}.token`, `${program}.log`];
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = `{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}`;
  await writeFile(program, `#!/bin/sh\necho asked >> '${log}'\nprintf '${credential}' "$(cat '${token}')"\n`);
  await chmod(program, 0o755);
  await writeFile(log, '');
  return {
    user: { exec: { apiVersion, command: program, interactiveMode: 'Never' } },
    give: async (text) => await writeFile(token, text),
    asked: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '').length,
  };
}

/** A kubeconfig that gives no access. */
interface BrokenKubeconfig {
  readonly change: (file: Kubeconfig) => object;
  /** What people are to be told. */
  readonly words: RegExp;
}

/** Kubeconfigs that give no access, by what is wrong with them. */
export const BROKEN_KUBECONFIGS: Readonly<Record<string, BrokenKubeconfig>> = {
  'a missing context': { change: (file) => ({ ...file, contexts: [] }), words: /prod-drydock-drydock-worker/ },
  'an unreadable authority': {
    change: (file) => {
      const [entry] = file.clusters;
      const { 'certificate-authority-data': _, ...rest } = entry.cluster;
      return {
        ...file,
        clusters: [{ ...entry, cluster: { ...rest, 'certificate-authority': '/nowhere/ca.crt' } }],
      };
    },
    words: /\/nowhere\/ca\.crt/,
  },
  'a failing plug-in': {
    change: (file) => {
      const apiVersion = 'client.authentication.k8s.io/v1';
      const args = ['-c', 'echo "session expired: log in again" >&2; exit 3'];
      return withUser(file, { exec: { apiVersion, command: '/bin/sh', args, interactiveMode: 'Never' } });
    },
    words: /exit code 3.*session expired: log in again/,
  },
};
