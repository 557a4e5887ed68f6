import { expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import { blocking, warning } from '../../support/defrag-scene.ts';
import { done, snapshotOnly } from '../../support/static-endings.ts';
import { ended, IMAGE, putOperator, SECRET, staticScene } from '../../support/static-scene.ts';
import { tarGzOf } from '../../support/tar-sample.ts';

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
/** Static files are encrypted, the snapshot is not. */
const APART = { staticEncryption: { recipients: [RECIPIENT], identityFile: null } };
const KEYS = '--encryption-provider-config=/etc/kubernetes/enc/keys.yaml';

test('kubeadm: the shell is in the plan, and the files are beside the snapshot in one backup', async () => {
  const scene = await staticScene();

  expect(blocking(scene.draft)).toEqual([]);
  expect(warning(scene.draft)).toEqual(['encrypted', 'static-encrypted']);
  expect(scene.draft.steps.map(({ kind, risk }) => [kind, risk])).toEqual([
    ['backup.take@1', 'read'],
    ['backup.static@1', 'read'],
    ['backup.publish@1', 'read'],
    ['backup.retain@1', 'read'],
  ]);
  expect(scene.draft.steps[1]?.summary).toContain(IMAGE);
  expect(scene.draft.forecast).toHaveLength(4);
  expect(scene.draft.forecast[0]).toContain('while a member hashes, a write may wait for it');
  await done(scene);
  const manifest = await scene.manifest();
  expect(manifest).toMatchObject({ snapshotOnly: null, files: [{ role: 'snapshot' }, { role: 'static' }] });
  expect(manifest.files[1]?.name).toBe(
    manifest.files[0]?.name.replace('snapshot_', 'static_kuberesources_').replace('.db', '.tar.gz'),
  );
  expect(scene.ran).toEqual([
    ['ls', '-1', '/etc/kubernetes'],
    [
      'tar',
      '-c',
      '-z',
      '-f',
      '-',
      '-C',
      '/',
      'etc/kubernetes/manifests',
      'etc/kubernetes/pki',
      'etc/kubernetes/admin.conf',
      'etc/kubernetes/kubelet.conf',
    ],
  ]);
  expect(await scene.vault.check(manifest, { signal: new AbortController().signal })).toMatchObject({ ok: true });
});

test('OpenShift: the newest revisions, named as its restore wants them', async () => {
  const scene = await staticScene({ platform: 'openshift' });

  await done(scene);
  expect((await scene.manifest()).snapshotOnly).toBeNull();
  const folder = 'static-pod-resources';
  expect(scene.ran).toEqual([
    ['ls', '-1', '/etc/kubernetes/static-pod-resources'],
    [
      'tar',
      '-c',
      '-z',
      '-f',
      '-',
      '-C',
      '/etc/kubernetes',
      `${folder}/kube-apiserver-pod-7`,
      `${folder}/kube-controller-manager-pod-7`,
      `${folder}/kube-scheduler-pod-8`,
      `${folder}/etcd-pod-10`,
    ],
  ]);
});

test('the file with the keys of encryption at rest comes too, where keys and data are apart', async () => {
  const scene = await staticScene({ flags: [KEYS], settings: APART });

  expect(warning(scene.draft)).toEqual(['encrypted', 'encryption-migration']);
  await done(scene);
  const [, file] = (await scene.manifest()).files;
  expect(file).toMatchObject({ role: 'static', encryption: { kind: 'age', recipients: [RECIPIENT] } });
  expect(scene.ran[1]?.at(-1)).toBe('etc/kubernetes/enc/keys.yaml');
});

test.each([
  ['kubeadm', { flags: [KEYS] }, 'it cannot be told whether values are encrypted at rest'],
  ['openshift', { encryption: 'aescbc' }, 'values are encrypted at rest (aescbc)'],
] as const)('%s: the keys are never stored beside the data that they open', async (platform, how, words) => {
  const scene = await staticScene({ platform, ...how });

  expect(warning(scene.draft)).toContain('static-files');
  const why = await snapshotOnly(scene);
  expect(why).toContain(words);
  expect(why).toContain('the keys must not lie beside the data: static files would be stored without encryption');
  expect(scene.ran).toEqual([]);
});

test('OpenShift encrypts, and the keys are apart: they are taken', async () => {
  const scene = await staticScene({ platform: 'openshift', encryption: 'aesgcm', settings: APART });

  await done(scene);
  expect(await scene.manifest()).toMatchObject({ encryptionAtRest: { types: ['aesgcm'] }, snapshotOnly: null });
});

test.each([
  ['etcd', { Degraded: 'True' }, 'operator etcd is degraded (AsTold)'],
  ['kube-apiserver', { Available: 'False' }, 'operator kube-apiserver is not available (AsTold)'],
  ['kube-scheduler', { Progressing: 'True' }, 'operator kube-scheduler is rolling out a change (AsTold)'],
])('operator %s with %o after the plan: snapshot only, and no shell', async (name, statuses, words) => {
  const scene = await staticScene({ platform: 'openshift' });
  putOperator(scene.kubernetes, name, statuses);

  expect(await snapshotOnly(scene)).toBe(words);
  expect(scene.ran).toEqual([]);
});

test('operators that may not be read: the plan says so, and is the same one as of a cluster at rest', async () => {
  const scene = await staticScene({ platform: 'openshift' });
  scene.kubernetes.forbid({ verb: 'get', resource: 'clusteroperators' });
  const draft = await staticScene({ platform: 'openshift' });

  expect(draft.draft.steps).toEqual(scene.draft.steps);
  expect(await snapshotOnly(scene)).toContain('how operator etcd is could not be read');
});

test('no image: snapshot only, said before and after', async () => {
  const scene = await staticScene({ image: null });

  expect(warning(scene.draft)).toEqual(['encrypted', 'static-files']);
  expect(scene.draft.steps).toHaveLength(3);
  expect(await snapshotOnly(scene)).toContain('no nodeShell.image is configured for prod');
});

test('an image that is no longer the one of the plan is not run', async () => {
  const scene = await staticScene();
  const steps = scene.draft.steps.map((step) =>
    step.kind === 'backup.static@1' ? { ...step, input: { image: 'evil:1' } } : step,
  );
  const forged = { ...scene, run: async () => await scene.harness.run(etcdBackup, steps) };

  expect(await snapshotOnly(forged)).toContain('nodeShell.image of prod was changed after the plan was made');
  expect(scene.kubernetes.calls.some(({ method }) => method === 'create')).toBe(false);
});

test('a shell that is refused, and a node that is not there: snapshot only, with the words of who refused', async () => {
  const refused = await staticScene();
  refused.kubernetes.forbid({ verb: 'create', resource: 'pods' });
  expect(await snapshotOnly(refused)).toMatch(/could not be created: .*pods/);

  const gone = await staticScene();
  gone.kubernetes.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'm-2' });
  expect(await snapshotOnly(gone)).toContain('the cluster has no node m-2');
});

test.each([
  [
    'tar fails',
    ended(2, tarGzOf({}), `tar: etc/kubernetes/pki: Cannot open: Permission denied\n${SECRET}`),
    'tar on m-2 ended with 2: tar: etc/kubernetes/pki: Cannot open: Permission denied',
  ],
  ['something else fails', ended(1, '', SECRET), 'tar on m-2 ended with 1'],
  ['no archive', ended(0, SECRET), 'it is no gzip, or not all of it'],
  ['an empty archive', ended(0, tarGzOf({})), 'it has nothing of etc/kubernetes/manifests'],
  [
    'a lost connection',
    { ok: false as const, error: { code: 'unknown-outcome' as const, message: 'the connection was lost' } },
    'the connection was lost',
  ],
  ['without end', ended(0, new Uint8Array(65 * 1024 * 1024)), 'tar on m-2 wrote more than 64.0 MiB'],
])('%s: tried once more, then taken', async (_what, outcome, words) => {
  const scene = await staticScene();
  scene.answer('tar', outcome);

  await done(scene);
  expect(scene.harness.words.join('\n')).toContain(words);
  expect((await scene.manifest()).snapshotOnly).toBeNull();
  expect(scene.ran).toHaveLength(4);
});

test('twice: snapshot only, and nothing of the content is in the reason', async () => {
  const scene = await staticScene();
  for (let time = 0; time < 2; time += 1)
    scene.answer('tar', ended(2, SECRET, `${SECRET}\ntar: Exiting with failure status\n`));

  expect(await snapshotOnly(scene)).toBe('tar on m-2 ended with 2: tar: Exiting with failure status');
  expect(scene.vault.store.keys().filter((key) => key.includes('static_'))).toEqual([]);
});

test('a node whose folder has no PKI, or cannot be listed', async () => {
  const strange = await staticScene();
  strange.answer('ls', ended(0, 'manifests\n'));
  expect(await snapshotOnly(strange)).toBe('the node has no /etc/kubernetes/pki');

  const unlisted = await staticScene();
  unlisted.answer('ls', ended(2, '', "ls: cannot access '/etc/kubernetes': No such file or directory\n"));
  expect(await snapshotOnly(unlisted)).toContain('ls of /etc/kubernetes on m-2 ended with 2: ls: cannot access');
});

test('a store that does not take them: the backup of the data stands, and says why', async () => {
  const scene = await staticScene({
    wrap: (vault) => ({
      ...vault,
      take: async (order, call) =>
        order.role === 'static'
          ? await Promise.resolve({ ok: false, error: { code: 'store', store: 'full', message: 'no space left' } })
          : await vault.take(order, call),
    }),
  });

  expect(await snapshotOnly(scene)).toBe('no space left');
});

test('a worker that dies when they were stored: taken anew under another name, and only that is in the manifest', async () => {
  const dying = { isNext: true, now: (): void => undefined };
  const scene = await staticScene({
    wrap: (vault) => ({
      ...vault,
      take: async (order, call) => {
        const taken = await vault.take(order, call);
        if (order.role === 'static' && dying.isNext) {
          dying.isNext = false;
          dying.now();
        }
        return taken;
      },
    }),
  });
  dying.now = () => scene.harness.shutDown();

  await done(scene);
  expect(scene.harness.deaths()).toBe(1);
  const { files, id } = await scene.manifest();
  const stored = scene.vault.store.keys().filter((key) => key.includes('static_'));
  expect(stored).toHaveLength(2);
  expect(stored.map((key) => key.split('/')[1])).toEqual([id, id]);
  expect(files.filter(({ role }) => role === 'static')).toHaveLength(1);
});
