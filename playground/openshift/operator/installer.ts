import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { at, textAt } from '../../kubernetes/api/reading.ts';
import type { ClusterNode } from '../../kubernetes/cluster.ts';
import { rootOf } from '../../kubernetes/node/place.ts';
import { etcdPod, type RevisionFacts } from '../etcd-pod.ts';
import { writeBundles } from '../flavour.ts';
import { ALL_CERTS, ETCD_SPACE, etcdManifestIn, RESOURCES } from '../layout.ts';
import type { OcpScene } from '../scene.ts';
import type { Sources } from './view.ts';

const Inputs = z.object({ forceRedeploymentReason: z.string(), endpoints: z.array(z.string()) });
const Files = z.record(z.string(), z.string());

/** What every revision says alike. */
export type PodSettings = Pick<RevisionFacts, 'quotaBytes' | 'etcdVersion' | 'etcdArgs'>;

/** Does what an installer pod does: certificates, the folder of the revision, and last the manifest. */
export async function installRevision(
  { cluster }: Pick<OcpScene, 'cluster'>,
  { maps, secrets }: Pick<Sources, 'maps' | 'secrets'>,
  node: ClusterNode,
  revision: number,
  settings: PodSettings,
): Promise<void> {
  const map = maps.named(ETCD_SPACE, `etcd-pod-${revision}`);
  const inputs = Inputs.parse(JSON.parse(textAt(map, 'data', 'inputs.json')));
  const files = Files.parse(at(secrets.named(ETCD_SPACE, `etcd-all-certs-${revision}`), 'data'));
  const root = rootOf(node.place);
  await writeBundles(cluster.pki, node.place);
  await writeCertificates(join(root, RESOURCES, 'etcd-certs', ALL_CERTS), files);
  const text = stringify(etcdPod(node.place, { revision, ...inputs, ...settings }));
  const folder = join(root, RESOURCES, `etcd-pod-${revision}`);
  await Promise.all([
    mkdir(folder, { recursive: true }),
    mkdir(join(root, 'var/lib/etcd'), { recursive: true, mode: 0o700 }),
    mkdir(join(root, 'etc/kubernetes/manifests'), { recursive: true }),
  ]);
  await writeFile(join(folder, 'etcd-pod.yaml'), text, { mode: 0o600 });
  await rm(join(root, RESOURCES, `etcd-pod-${revision - 5}`), { recursive: true, force: true });
  // The kubelet does not look at hidden files, and so never sees half of one.
  const hidden = join(root, 'etc/kubernetes/manifests/.etcd-pod.yaml');
  await writeFile(hidden, text, { mode: 0o600 });
  await rename(hidden, etcdManifestIn(root));
}

async function writeCertificates(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(files).map(([name, data]) =>
      writeFile(join(folder, name), Buffer.from(data, 'base64'), { mode: 0o600 }),
    ),
  );
}
