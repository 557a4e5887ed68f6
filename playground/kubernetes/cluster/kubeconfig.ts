import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KeyPair } from './pki.ts';

/** What a kubeconfig file says. */
export interface KubeconfigFacts {
  /** Of the cluster; the context and the user are `<name>-admin`. */
  readonly name: string;
  /** `https://…`. */
  readonly server: string;
  /** Path of the authority's certificate. */
  readonly ca: string;
  readonly user: KeyPair;
}

/** Writes a kubeconfig with everything inside it, readable by its owner only. */
export async function writeKubeconfig(path: string, facts: KubeconfigFacts): Promise<void> {
  const [ca, cert, key] = await Promise.all([facts.ca, facts.user.cert, facts.user.key].map(base64));
  const user = `${facts.name}-admin`;
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    clusters: [{ name: facts.name, cluster: { server: facts.server, 'certificate-authority-data': ca } }],
    contexts: [{ name: user, context: { cluster: facts.name, user } }],
    users: [{ name: user, user: { 'client-certificate-data': cert, 'client-key-data': key } }],
  });
  await writeFile(path, text, { mode: 0o600 });
}

async function base64(path: string): Promise<string> {
  return (await readFile(path)).toString('base64');
}
