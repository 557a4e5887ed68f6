import { expect, test } from 'vitest';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { bodyOf } from '../../support/backup-samples.ts';
import { backupScene } from '../../support/backup-scene.ts';
import { blocking, warning } from '../../support/defrag-scene.ts';
import { NO_KUBERNETES } from '../../support/no-kubernetes.ts';

/** An OpenShift whose three operators say this of encryption, the last of them by `now`. */
function openshift(now: () => string): KubernetesPort {
  const meta = { uid: 'b1a2', resourceVersion: '1' };
  return {
    ...NO_KUBERNETES,
    version: async () => await Promise.resolve({ ok: true, value: { gitVersion: 'v1.34.2' } }),
    get: async ({ apiVersion, kind, name }) => {
      const object: KubernetesObject = {
        apiVersion,
        kind,
        metadata: { name, ...meta },
        spec: { encryption: { type: 'aescbc' } },
        status: {
          conditions: [{ type: 'Encrypted', reason: kind === 'Authentication' ? now() : 'EncryptionCompleted' }],
        },
      };
      return await Promise.resolve({ ok: true, value: object });
    },
  };
}

test('an encryption migration blocks the plan', async () => {
  const { draft } = await backupScene({
    cluster: { platform: 'openshift' },
    kubernetes: openshift(() => 'EncryptionInProgress'),
  });

  expect(blocking(draft)).toEqual(['encryption-migration']);
  expect(draft.checks.find(({ id }) => id === 'encryption-migration')?.evidence).toContain(
    'Authentication: EncryptionInProgress',
  );
});

test('another type than the last backup has: the conditions still say that all is done, and it cannot be told', async () => {
  const { draft, store, harness, run } = await backupScene({
    cluster: { platform: 'openshift' },
    kubernetes: openshift(() => 'EncryptionCompleted'),
    before: (_, before) =>
      before.put(
        bodyOf('2025-12-31T03:00:00.000Z', {
          identity: { etcd: 'e00d12ba52a76879', kubernetes: 'b1a2' },
          encryptionAtRest: { types: ['aesgcm'] },
        }),
      ),
  });

  expect(blocking(draft)).toEqual([]);
  expect(warning(draft)).toContain('encryption-migration');
  expect(draft.checks.find(({ id }) => id === 'encryption-migration')?.evidence).toContain(
    'was taken with aesgcm, and now it is aescbc',
  );

  // Nor does the manifest tell it as certain; the type stays in it, so that a later backup knows since when.
  expect(await run()).toMatchObject({ kind: 'done' });
  const published = store.calls.find((call) => call.startsWith('publish'))?.slice('publish '.length);
  expect(store.objects.get(`prod/${published}/manifest.json`)).toMatchObject({
    encryptionAtRest: { types: ['aescbc'], rewritten: 'unknown' },
  });
  expect(StateReport.parse(Object(harness.outputs[2]).report).notes).toContainEqual(
    expect.stringContaining('it cannot be told whether all values are encrypted with aescbc'),
  );
});

test('a migration that began after the plan stops the step before anything is taken', async () => {
  let reason = 'EncryptionCompleted';
  const { draft, store, run } = await backupScene({
    cluster: { platform: 'openshift' },
    kubernetes: openshift(() => reason),
  });
  expect(blocking(draft)).toEqual([]);
  expect(warning(draft)).toEqual(['static-files']);
  reason = 'EncryptionInProgress';

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'foreign-operation', step: 0 });
  expect(store.objects.size).toBe(0);
});

test('the manifest has version and uid of the cluster, its encryption, and that there is only a snapshot', async () => {
  const { store, run } = await backupScene({
    cluster: { platform: 'openshift' },
    kubernetes: openshift(() => 'EncryptionCompleted'),
  });

  expect(await run()).toMatchObject({ kind: 'done' });
  const manifest = [...store.objects].find(([key]) => key.endsWith('manifest.json'))?.[1];
  expect(JSON.stringify(manifest)).not.toContain('rewritten');
  expect(manifest).toMatchObject({
    identity: { kubernetes: 'b1a2' },
    versions: { kubernetes: 'v1.34.2' },
    encryptionAtRest: { types: ['aescbc'] },
    snapshotOnly: expect.stringContaining('certificates'),
  });
});

test('an API server that is away is no reason to have no backup: it is said', async () => {
  const { draft, run } = await backupScene({ cluster: { platform: 'kubeadm' } });

  expect(blocking(draft)).toEqual([]);
  expect(warning(draft)).toEqual(['encryption-migration', 'static-files']);
  expect(draft.notes.join(' ')).toContain('The version of Kubernetes could not be read');
  expect(await run()).toMatchObject({ kind: 'done' });
});

test('the newest backup of another cluster is said, and one of the same after a restore is not', async () => {
  expect(await identityCheck({ etcd: 'ffff', kubernetes: 'other' })).toMatchObject({
    verdict: 'warn',
    evidence: expect.stringContaining('is of kube-system other, and this is kube-system b1a2'),
  });
  expect(await identityCheck({ etcd: 'ffff', kubernetes: 'b1a2' })).toMatchObject({ verdict: 'pass' });
});

test('a backup from the future is said: a clock is wrong', async () => {
  const { draft } = await backupScene({ before: (_, store) => store.put(bodyOf('2026-01-02T03:00:00.000Z')) });

  expect(warning(draft)).toEqual(['clock']);
  expect(draft.checks.find(({ id }) => id === 'clock')?.evidence).toContain('23 h 59 min from now');
});

/** The check on whose backup the newest one is, when that has this identity. */
async function identityCheck(identity: { readonly etcd: string; readonly kubernetes: string | null }) {
  const { draft } = await backupScene({
    cluster: { platform: 'openshift' },
    kubernetes: openshift(() => 'EncryptionCompleted'),
    before: (_, store) => store.put(bodyOf('2025-12-31T00:00:00.000Z', { identity })),
  });
  expect(blocking(draft)).toEqual([]);
  return draft.checks.find(({ id }) => id === 'identity');
}
