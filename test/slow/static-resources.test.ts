import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { etcdBackup } from '../../jobs/etcd-backup/runbook.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { createBackupVault } from '../../src/adapters/backup/vault.ts';
import { type DirectEtcd, openDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import { readEtcdTls } from '../../src/adapters/etcd/tls.ts';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import { createFileStore } from '../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import type { BackupVault } from '../../src/core/ports/backup-vault.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { folderScene, newAgeKeys } from '../contract/backup-vault/folder-scene.ts';
import { bytesOf, valueOf } from '../contract/backup-vault/samples.ts';
import { ROOMY } from '../support/backup-scene.ts';
import { createRealClock } from '../support/real-clock.ts';
import { createStepHarness, type StepHarness } from '../support/step-harness.ts';

const { signal } = new AbortController();
const KEYS_FILE = 'srv/keys.yaml';
const Manifest = z.looseObject({
  spec: z.looseObject({
    containers: z.array(z.looseObject({ command: z.array(z.string()), volumeMounts: z.array(z.unknown()) })),
    volumes: z.array(z.unknown()).optional(),
  }),
});
const PARAMS = { member: null, note: null, by: 'T0HOME/U0OPERATOR' };

let cluster: PlaygroundCluster;
let kubernetes: KubernetesPort;
let folder: Awaited<ReturnType<typeof folderScene>>;
let vault: BackupVault;
let etcd: DirectEtcd;

beforeAll(async () => {
  [cluster, folder] = await Promise.all([startCluster({ controlPlanes: 1 }), folderScene()]);
  kubernetes = openKubernetes({ kubeconfig: cluster.kubeconfig });
  const { endpoints, tls } = cluster.etcd;
  const read = await readEtcdTls(tls);
  if (!read.ok) throw new Error(read.problems.join());
  etcd = openDirectEtcd({ endpoints, tls: read.tls });
  const [encryption, staticEncryption] = [await newAgeKeys(folder.beside), await newAgeKeys(folder.beside, 'static')];
  vault = createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock: systemClock,
    main: createFileStore(folder.store),
    static: null,
    settings: { compression: 'zstd', encryption, staticEncryption, retainMs: null },
  });
}, 120_000);
afterAll(async () => {
  await etcd.close();
  await kubernetes.close();
  await cluster.stop();
  await folder.stop();
});

/** A backup of the cluster, planned with this image. */
function harnessWith(image: string): StepHarness {
  return createStepHarness({
    clock: createRealClock(),
    defrag: { sampleMs: 100 },
    cluster: { platform: 'kubeadm', backups: ROOMY, nodeShell: { image } },
    wrap: () => etcd.newPort(),
    kubernetes,
    extra: { backups: vault },
  });
}

test('a cluster where no shell may be opened: the snapshot is stored and says why it is alone', async () => {
  const harness = harnessWith('busybox:1.37');
  const { steps } = await harness.plan(etcdBackup, PARAMS);

  expect(await harness.run(etcdBackup, steps)).toMatchObject({ kind: 'done' });

  const [newest] = valueOf(await vault.list({ signal }));
  expect(newest?.manifest?.files.map(({ role }) => role)).toEqual(['snapshot']);
  expect(newest?.manifest?.snapshotOnly).toMatch(/could not be created: .*drydock-node-shell/);
  expect(harness.words.at(-1)).toMatch(/snapshot only\.$/);
}, 120_000);

test('the files of a real node come whole, encrypted for others than the snapshot, and unpack as they were', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'drydock-node-shell' } };
  expect(await kubernetes.create(namespace, { timeoutMs: 10_000 })).toMatchObject({ ok: true });
  await encryptValues();
  const harness = harnessWith('busybox:1.37');
  const draft = await harness.plan(etcdBackup, PARAMS);
  expect(draft.checks.filter(({ verdict }) => verdict !== 'pass').map(({ id }) => id)).toEqual([
    'encryption-migration',
  ]);

  expect(await harness.run(etcdBackup, draft.steps)).toMatchObject({ kind: 'done' });

  const [newest] = valueOf(await vault.list({ signal }));
  const manifest = newest?.manifest;
  const file = manifest?.files.find(({ role }) => role === 'static');
  if (manifest === null || manifest === undefined || file === undefined) throw new Error(harness.words.join('\n'));
  expect(newest).toMatchObject({ state: 'good' });
  expect(manifest.snapshotOnly).toBeNull();
  const archive = await bytesOf(valueOf(await vault.open(manifest, file, { signal })));
  expect(manifest.encryptionAtRest).toBe('unknown');
  const names = execFileSync('tar', ['-t', '-z', '-f', '-'], { input: archive }).toString().split('\n');
  const key = 'etc/kubernetes/pki/ca.key';
  expect(names).toEqual(
    expect.arrayContaining([key, KEYS_FILE, 'etc/kubernetes/pki/etcd/ca.crt', 'etc/kubernetes/manifests/etcd.yaml']),
  );
  const unpacked = execFileSync('tar', ['-x', '-z', '-O', '-f', '-', key], { input: archive });
  expect(unpacked.equals(await readFile(join(cluster.node('cp-1').root, key)))).toBe(true);
  expect(JSON.stringify([harness.words, harness.outputs])).not.toMatch(/PRIVATE KEY|LS0tLS1CRUdJTi/);
  expect([...harness.cleanups.values()].map(({ done }) => done)).toEqual([true]);
  expect(await shells()).toEqual([]);
}, 120_000);

/** The API server of the node is told to encrypt values. It is a simulated one, and does not. */
async function encryptValues(): Promise<void> {
  const { root } = cluster.node('cp-1');
  await mkdir(join(root, 'srv'), { recursive: true });
  await writeFile(join(root, KEYS_FILE), 'kind: EncryptionConfiguration # obviously no real keys\n');
  const path = join(root, 'etc/kubernetes/manifests/kube-apiserver.yaml');
  const pod = Manifest.parse(parse(await readFile(path, 'utf8')));
  pod.spec.containers[0]?.command.push('--encryption-provider-config=/enc/keys.yaml');
  for (const each of pod.spec.containers) each.volumeMounts = [{ name: 'enc', mountPath: '/enc/keys.yaml' }];
  pod.spec.volumes = [{ name: 'enc', hostPath: { path: `/${KEYS_FILE}`, type: 'File' } }];
  await writeFile(path, stringify(pod));
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', labelSelector: 'component=kube-apiserver' };
  await expect
    .poll(async () => JSON.stringify(await kubernetes.list(query, { timeoutMs: 10_000 })), { timeout: 60_000 })
    .toContain('--encryption-provider-config=/enc/keys.yaml');
}

async function shells(): Promise<readonly unknown[]> {
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: 'drydock-node-shell' };
  const pods = await kubernetes.list(query, { timeoutMs: 10_000 });
  if (!pods.ok) throw new Error(pods.error.message);
  return pods.value.items;
}
