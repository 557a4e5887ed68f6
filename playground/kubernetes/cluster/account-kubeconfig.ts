import { join } from 'node:path';
import { z } from 'zod';
import type { PlaygroundCluster } from '../cluster.ts';
import { writeKubeconfig } from './kubeconfig.ts';

const Answer = z.object({ status: z.object({ token: z.string() }) });
const DAY_S = 86_400;

/** Whose kubeconfig it is to be. */
export interface AccountFacts {
  readonly namespace: string;
  readonly name: string;
  /** How long the token holds, at least 600; default: a day. */
  readonly expirationSeconds?: number;
}

/**
 * Writes a kubeconfig with a token of a service account that is there, into the cluster's directory; its context is
 * `<cluster>-<namespace>-<name>`.
 *
 * @returns the path of the file
 * @throws Error when the account is not there.
 */
export async function serviceAccountKubeconfig(
  cluster: Pick<PlaygroundCluster, 'name' | 'directory' | 'server' | 'pki' | 'api'>,
  { namespace, name, expirationSeconds = DAY_S }: AccountFacts,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } };
  const { status, body } = await cluster.api.request({ method: 'POST', path, body: request });
  if (status !== 201) throw new Error(`no token for the service account ${namespace}/${name}: ${status}`);
  const { token } = Answer.parse(body).status;
  const { kubeconfig, context } = accountAccess(cluster, { namespace, name });
  const facts = { name: cluster.name, server: cluster.server, ca: cluster.pki.ca.cert, user: { token }, context };
  await writeKubeconfig(kubeconfig, facts);
  return kubeconfig;
}

/** Path and context of the kubeconfig of a service account. */
export function accountAccess(
  cluster: Pick<PlaygroundCluster, 'name' | 'directory'>,
  { namespace, name }: Pick<AccountFacts, 'namespace' | 'name'>,
): { readonly kubeconfig: string; readonly context: string } {
  const context = `${cluster.name}-${namespace}-${name}`;
  return { kubeconfig: join(cluster.directory, `${context}.kubeconfig`), context };
}
