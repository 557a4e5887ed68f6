import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KeyPair } from './pki.ts';

/** What a kubeconfig file says. */
export interface KubeconfigFacts {
  /** Of the cluster. */
  readonly name: string;
  /** `https://…`. */
  readonly server: string;
  /** Path of the authority's certificate. */
  readonly ca: string;
  readonly user: KeyPair | { readonly token: string };
  /** Of the context and the user; default `<name>-admin`. */
  readonly context?: string;
}

/** Writes a kubeconfig with everything inside it, readable by its owner only. */
export async function writeKubeconfig(path: string, facts: KubeconfigFacts): Promise<void> {
  const ca = await base64(facts.ca);
  const credentials = 'token' in facts.user ? { token: facts.user.token } : await certificateOf(facts.user);
  const user = facts.context ?? `${facts.name}-admin`;
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    clusters: [{ name: facts.name, cluster: { server: facts.server, 'certificate-authority-data': ca } }],
    contexts: [{ name: user, context: { cluster: facts.name, user } }],
    users: [{ name: user, user: credentials }],
  });
  await writeFile(path, text, { mode: 0o600 });
}

async function certificateOf({ cert, key }: KeyPair): Promise<object> {
  return { 'client-certificate-data': await base64(cert), 'client-key-data': await base64(key) };
}

async function base64(path: string): Promise<string> {
  return (await readFile(path)).toString('base64');
}
