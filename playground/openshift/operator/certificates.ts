import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import { identity } from '../../kubernetes/controllers/objects.ts';
import { rootOf } from '../../kubernetes/node/place.ts';
import { issueNodeCert } from '../flavour.ts';
import { ALL_CERTS, certName, ETCD_SPACE, NODE_CERTS, RESOURCES } from '../layout.ts';
import { type OcpScene, type Writer } from '../scene.ts';
import type { Sources, View } from './view.ts';

const SECRETS = `/api/v1/namespaces/${ETCD_SPACE}/secrets`;

/** Makes the secrets of bootstrapping: the signer, the client's, and what the first nodes have on their disks. */
export async function adoptCertificates(scene: OcpScene, writer: Writer): Promise<void> {
  const { etcdCa, apiServerEtcdClient } = scene.cluster.pki;
  await writer.create(SECRETS, await tlsSecret('etcd-signer', withoutEnding(etcdCa.cert), ''));
  await writer.create(SECRETS, await tlsSecret('etcd-client', withoutEnding(apiServerEtcdClient.cert), ''));
  for (const node of scene.cluster.nodes.filter(({ role }) => role === 'control-plane')) {
    const folder = join(rootOf(node.place), RESOURCES, 'etcd-certs', ALL_CERTS);
    for (const kind of NODE_CERTS) {
      const name = certName(kind, node.name);
      await writer.create(SECRETS, await tlsSecret(name, join(folder, name), node.address));
    }
  }
}

/**
 * Makes the secrets that a node of the control plane lacks, for the address that it has now. A secret that is there stays as it is, whatever
 * it says. @returns whether something was made.
 *
 * Source: the cluster-etcd-operator's `EtcdCertSignerController`, which does nothing while quorum is not safe.
 */
export async function keepCertificates(
  scene: OcpScene,
  { secrets }: Sources,
  view: View,
  writer: Writer,
): Promise<boolean> {
  const wanted = view.masters.flatMap((master) =>
    NODE_CERTS.map((kind) => ({ node: identity(master).name, name: certName(kind, identity(master).name) })),
  );
  const missing = wanted.filter(({ name }) => secrets.named(ETCD_SPACE, name) === undefined);
  if (missing.length === 0) return false;
  if (view.guard !== null)
    throw new Error(`skipping EtcdCertSigner reconciliation due to insufficient quorum: ${view.guard}`);
  const folder = join(scene.cluster.directory, 'issued');
  await mkdir(folder, { recursive: true });
  for (const { node, name } of missing) {
    const machine = scene.cluster.nodes.find((each) => each.name === node);
    if (machine === undefined) continue;
    const path = join(folder, name);
    await issueNodeCert(scene.cluster.pki, machine, path);
    await writer.create(SECRETS, await tlsSecret(name, path, machine.address));
  }
  return true;
}

function withoutEnding(path: string): string {
  return path.replace(/\.crt$/, '');
}

async function tlsSecret(name: string, path: string, address: string): Promise<ApiObject> {
  const [cert, key] = await Promise.all([readFile(`${path}.crt`), readFile(`${path}.key`)]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: ETCD_SPACE,
      annotations: {
        'auth.openshift.io/certificate-hostnames': `localhost,${address}`,
        'openshift.io/owning-component': 'Etcd',
      },
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': cert.toString('base64'), 'tls.key': key.toString('base64') },
  };
}

/** What every node gets: certificate and key of each node of the control plane, by file. Base64. */
export function allCertificates({ secrets }: Sources, { masters }: View): Readonly<Record<string, string>> {
  const files = masters.flatMap((master) =>
    NODE_CERTS.flatMap((kind) => {
      const name = certName(kind, identity(master).name);
      const data = at(secrets.named(ETCD_SPACE, name), 'data');
      const [cert, key] = [textAt(data, 'tls.crt'), textAt(data, 'tls.key')];
      return cert === '' ? [] : [[`${name}.crt`, cert] as const, [`${name}.key`, key] as const];
    }),
  );
  return Object.fromEntries(files);
}
