import { expect, test } from 'vitest';
import type { FeedEnd } from '../../../src/core/ports/backup-vault.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';
import { warning } from '../../support/defrag-scene.ts';
import { done, snapshotOnly } from '../../support/static-endings.ts';
import { putApiServer, type StaticScene, staticScene } from '../../support/static-scene.ts';

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
/** Static files are encrypted, the snapshot is not. */
const APART = { staticEncryption: { recipients: [RECIPIENT], identityFile: null } };
const KEYS = '--encryption-provider-config=/etc/kubernetes/enc/keys.yaml';
const OLD = '2025-12-31T00:00:00.000Z';
const TOGETHER = 'the keys must not lie beside the data: static files would be stored without encryption';

test('OpenShift that decrypted its values: the keys of before, which it keeps, are not stored beside older snapshots', async () => {
  const scene = await staticScene({ platform: 'openshift', encryption: 'identity' });

  expect(warning(scene.draft)).toContain('static-files');
  const why = await snapshotOnly(scene);
  expect(why).toContain('values were encrypted at rest before (KubeAPIServer: DecryptionCompleted');
  expect(why).toContain(TOGETHER);
  expect(scene.ran).toEqual([]);
});

test.each([
  ['kubeadm', 'unknown', 'may have values that are encrypted at rest'],
  ['kubeadm', { types: ['aescbc'] }, 'has values that are encrypted at rest (aescbc)'],
  ['openshift', { types: ['aesgcm'] }, 'has values that are encrypted at rest (aesgcm)'],
] as const)(
  '%s that does not encrypt, with a snapshot (%o) in the store: its keys are not put beside it',
  async (platform, rest, words) => {
    const scene = await staticScene({ platform });
    const encryptionAtRest = typeof rest === 'string' ? rest : { types: [...rest.types] };
    await scene.vault.publish(bodyOf(OLD, { platform, encryptionAtRest }), { signal: new AbortController().signal });

    const why = await snapshotOnly(scene);
    expect(why).toContain(`${idOf(OLD)} in the store ${words}, and ${TOGETHER}`);
    expect(scene.ran).toEqual([]);
  },
);

const nothing = async (): Promise<FeedEnd> => await Promise.resolve({ ok: true });

test('a snapshot without a manifest in the store may be of any time, but for what died in this run', async () => {
  const call = { signal: new AbortController().signal };
  const other = await staticScene();
  await other.vault.take({ id: idOf(OLD), role: 'static', feed: nothing }, call);
  expect(await snapshotOnly(other)).toContain(`it cannot be told whether values are encrypted in ${idOf(OLD)}`);

  const own = await staticScene();
  const { id } = await ranWhole(own);
  const again = await staticScene();
  await again.vault.take({ id: idOf(OLD, id.slice(-4)), role: 'static', feed: nothing }, call);
  expect((await ranWhole(again)).snapshotOnly).toBeNull();
});

test('snapshots of encrypted values are no obstacle, where keys and data are apart', async () => {
  const scene = await staticScene({ settings: APART });
  const body = bodyOf(OLD, { encryptionAtRest: { types: ['aescbc'] } });
  await scene.vault.publish(body, { signal: new AbortController().signal });

  await done(scene);
  expect((await scene.manifest()).snapshotOnly).toBeNull();
});

test('a store that cannot be listed: asked again, and if it stays so, no keys are put there', async () => {
  const away = { code: 'store', store: 'away', message: 'no route' } as const;
  const hiccup = await staticScene();
  hiccup.vault.failNext('list', away);
  await done(hiccup);
  expect((await hiccup.manifest()).snapshotOnly).toBeNull();

  const gone = await staticScene();
  for (let time = 0; time < 3; time += 1) gone.vault.failNext('list', away);
  expect(await snapshotOnly(gone)).toContain('the store could not be listed');
  expect(gone.ran).toEqual([]);
});

test('encryption that is turned on while the shell is open: what was archived is not stored', async () => {
  const turn = { on: (): void => undefined };
  const scene = await staticScene({
    wrap: (vault) => ({
      ...vault,
      take: async (order, call) => {
        const feed: typeof order.feed = async (write, signal) => {
          if (order.role === 'static') turn.on();
          return await order.feed(write, signal);
        };
        return await vault.take({ ...order, feed }, call);
      },
    }),
  });
  turn.on = () => putApiServer(scene.kubernetes, [KEYS]);

  expect(await snapshotOnly(scene)).toContain('it cannot be told whether values are encrypted at rest');
  expect(scene.ran.map(([program]) => program)).toEqual(['ls', 'tar']);
  expect(scene.vault.store.keys().filter((key) => key.includes('static_'))).toEqual([]);
});

async function ranWhole(scene: StaticScene) {
  await done(scene);
  return await scene.manifest();
}
