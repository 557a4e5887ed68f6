import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { serviceAccountKubeconfig } from '../../playground/kubernetes/cluster/account-kubeconfig.ts';
import { workerAccess } from '../../playground/kubernetes/cluster/installed-account.ts';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
/** The account that the playground's worker is, with the shipped roles. */
const WORKER = { namespace: 'drydock', name: 'drydock-worker' } as const;
const ACCOUNTS = `/api/v1/namespaces/${WORKER.namespace}/serviceaccounts`;

const Access = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  subjects: z.array(z.looseObject({ name: z.string() })).default([]),
  rules: z.array(z.looseObject({ resources: z.array(z.string()).default([]), verbs: z.array(z.string()) })).nullish(),
});
type Access = z.infer<typeof Access>;
const AccessList = z.looseObject({ items: z.array(Access) });

type AccessKind = 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';

/** The objects of a kind that an installer applied. */
async function shipped(cluster: PlaygroundCluster, kind: AccessKind): Promise<readonly Access[]> {
  const { body } = await cluster.api.request({ method: 'GET', path: `${RBAC}/${kind.toLowerCase()}s` });
  return AccessList.parse(body).items.filter(({ metadata }) => metadata.name.startsWith('drydock-'));
}

/** Changes an object as it is by now. */
async function update(
  cluster: PlaygroundCluster,
  kind: AccessKind,
  { metadata: { name, namespace } }: Access,
  fields: object,
): Promise<void> {
  const place = namespace === undefined ? RBAC : `${RBAC}/namespaces/${namespace}`;
  const path = `${place}/${kind.toLowerCase()}s/${name}`;
  const { body: now } = await cluster.api.request({ method: 'GET', path });
  const body = { ...Access.parse(now), apiVersion: 'rbac.authorization.k8s.io/v1', kind, ...fields };
  const answer = await cluster.api.request({ method: 'PUT', path, body });
  if (answer.status !== 200) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function makeServiceAccount(cluster: PlaygroundCluster, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
  const answer = await cluster.api.request({ method: 'POST', path: ACCOUNTS, body });
  if (answer.status !== 201) throw new Error(`POST ${ACCOUNTS}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Makes a service account that has what the worker's has: it is bound to every shipped role. */
export async function makeAccount(cluster: PlaygroundCluster, name: string): Promise<void> {
  await makeServiceAccount(cluster, name);
  const subject = { kind: 'ServiceAccount', name, namespace: WORKER.namespace };
  for (const kind of ['RoleBinding', 'ClusterRoleBinding'] as const) {
    for (const binding of await shipped(cluster, kind)) {
      if (!binding.subjects.some((each) => each.name === WORKER.name)) continue;
      await update(cluster, kind, binding, { subjects: [...binding.subjects, subject] });
    }
  }
}

/** Takes verbs on a resource away from every shipped role. Answers how to put them back. */
export async function takeRights(
  cluster: PlaygroundCluster,
  resource: string,
  verbs: readonly string[],
): Promise<() => Promise<void>> {
  const taken: { readonly kind: 'Role' | 'ClusterRole'; readonly role: Access }[] = [];
  for (const kind of ['Role', 'ClusterRole'] as const) {
    for (const role of await shipped(cluster, kind)) {
      if (role.rules?.some(({ resources }) => resources.includes(resource)) !== true) continue;
      const narrowed = role.rules.map((rule) =>
        rule.resources.includes(resource)
          ? { ...rule, verbs: rule.verbs.filter((each) => !verbs.includes(each)) }
          : rule,
      );
      // A rule without a verb is no rule.
      await update(cluster, kind, role, { rules: narrowed.filter((rule) => rule.verbs.length > 0) });
      taken.push({ kind, role });
    }
  }
  if (taken.length === 0) throw new Error(`no shipped role is about ${resource}`);
  return async () => {
    for (const { kind, role } of taken) await update(cluster, kind, role, { rules: role.rules });
  };
}

/** Makes the account anew: tokens of the former one are refused from now on. Its rights stay. */
export async function replaceAccount(cluster: PlaygroundCluster, name: string): Promise<void> {
  await cluster.api.request({ method: 'DELETE', path: `${ACCOUNTS}/${name}` });
  await makeServiceAccount(cluster, name);
}

const Kubeconfig = z.looseObject({
  users: z.tuple([z.looseObject({ user: z.looseObject({ token: z.string().optional() }) })]),
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({}) })]),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

/** A new token of an account. */
export async function tokenOf(cluster: PlaygroundCluster, name: string): Promise<string> {
  const file = await serviceAccountKubeconfig(cluster, { namespace: WORKER.namespace, name });
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

/** A plug-in for credentials that gives the token of a file, and notes each time it is asked. While none is given it waits. */
export interface TokenPlugin {
  /** The `user` of a kubeconfig. */
  readonly user: object;
  give(token: string): Promise<void>;
  /** Whoever asks from now on gets the next token that is given. */
  withhold(): Promise<void>;
  /** How often it was asked. */
  asked(): Promise<number>;
}

/** Makes the plug-in in the directory of a cluster. */
export async function makeTokenPlugin(cluster: PlaygroundCluster): Promise<TokenPlugin> {
  const program = join(cluster.directory, 'token-plugin');
  const [token, log] = [`${program}.token`, `${program}.log`];
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = `{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}`;
  const waits = `until [ -e '${token}' ]; do sleep 0.05; done`;
  await writeFile(program, `#!/bin/sh\necho asked >> '${log}'\n${waits}\nprintf '${credential}' "$(cat '${token}')"\n`);
  await chmod(program, 0o755);
  await writeFile(log, '');
  return {
    user: { exec: { apiVersion, command: program, interactiveMode: 'Never' } },
    give: async (text) => {
      await writeFile(`${token}.new`, text);
      await rename(`${token}.new`, token);
    },
    withhold: async () => await rm(token, { force: true }),
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
