import { z } from 'zod';
import type { EtcdTls } from '../adapters/etcd/tls.ts';
import type { KubernetesPort } from '../core/ports/kubernetes.ts';

/** Names under which Secrets carry a client's certificates: Kubernetes' own, and those that etcd's users chose. */
const KEYS = {
  ca: ['ca.crt', 'etcd-ca.crt', 'etcd-ca'],
  cert: ['tls.crt', 'client.crt', 'etcd-client.crt', 'healthcheck-client.crt'],
  key: ['tls.key', 'client.key', 'etcd-client.key', 'healthcheck-client.key'],
} as const;

const Secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * Client certificates from a Secret, `namespace/name`.
 *
 * @throws Error that names the Secret and what it lacks, never what is in it.
 */
export async function readTlsSecret(
  kubernetes: Pick<KubernetesPort, 'get'>,
  secret: string,
  timeoutMs: number,
): Promise<EtcdTls> {
  const [namespace = '', name = ''] = secret.split('/');
  const got = await kubernetes.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, { timeoutMs });
  if (!got.ok)
    throw new Error(`The Secret ${secret} with the certificates for etcd cannot be read: ${got.error.message}`);
  const parsed = Secret.safeParse(got.value);
  const data: Readonly<Record<string, string>> = parsed.success ? parsed.data.data : {};
  function read(part: keyof typeof KEYS): Buffer {
    const found = KEYS[part].find((key) => data[key] !== undefined);
    if (found === undefined)
      throw new Error(`The Secret ${secret} has no ${part}: expected the key ${KEYS[part].join(' or ')}`);
    return Buffer.from(data[found] ?? '', 'base64');
  }
  return { ca: read('ca'), cert: read('cert'), key: read('key') };
}
