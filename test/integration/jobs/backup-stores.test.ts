import { expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { ROOMY } from '../../support/backup-scene.ts';
import { createRealClock } from '../../support/real-clock.ts';
import { createStepHarness } from '../../support/step-harness.ts';
import { answerError, type S3Request } from '../../support/strict-s3.ts';
import { SECRET, s3Scene } from '../object-store/s3-scene.ts';

/** A backup of a small ring into a bucket. */
async function scene() {
  const { server, store } = await s3Scene('off');
  const clock = createRealClock();
  const vault = createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock,
    main: store({}, { attempts: 1, patienceMs: 2000 }),
    static: null,
    settings: { compression: 'none', encryption: null, staticEncryption: null, retainMs: null },
  });
  const harness = createStepHarness({
    clock,
    etcd: { members: [{}, {}, {}].map(() => ({ dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 })) },
    defrag: { sampleMs: 10 },
    cluster: { backups: ROOMY },
    extra: { backups: vault },
  });
  const plan = async () => await harness.plan(etcdBackup, { member: null, note: null, by: 'T0HOME/U0OPERATOR' });
  return { server, plan, run: async () => await harness.run(etcdBackup, (await plan()).steps) };
}

/** Snapshots on their way into the store, or out of it. */
function isSnapshot({ key, method }: S3Request, its: 'PUT' | 'GET'): boolean {
  return method === its && key.includes('.db');
}

test.each([
  [403, 'SignatureDoesNotMatch', 'The request signature does not match.'],
  [403, 'InvalidAccessKeyId', 'The access key does not exist.'],
  [400, 'AuthorizationHeaderMalformed', 'the region us-east-1 is wrong; expecting eu-west-1'],
  [301, 'PermanentRedirect', 'The bucket must be addressed using the specified endpoint.'],
  [403, 'RequestTimeTooSkewed', 'The difference between the request time and the server is too large.'],
  [503, 'SlowDown', 'Please reduce your request rate.'],
])('a bucket that answers %i %s to everything: the plan is blocked, with its words', async (status, name, message) => {
  const { server, plan } = await scene();
  server.fault = (_request, response) => answerError(response, status, name, message);

  const { checks, steps } = await plan();

  expect(steps).toEqual([]);
  expect(checks.filter(({ verdict }) => verdict === 'block')).toMatchObject([
    { title: 'The store of backups cannot be used', evidence: expect.stringContaining(`${message} (${name}`) },
  ]);
  expect(JSON.stringify(checks)).not.toContain(SECRET);
});

test.each([
  ['is full', 403, 'QuotaExceeded', 'The quota is used up.'],
  ['may only be read', 403, 'AccessDenied', 'Access Denied'],
])('a bucket that %s: no backup, in its words, and nothing is left', async (_what, status, name, message) => {
  const { server, run } = await scene();
  server.fault = (request, response) => isSnapshot(request, 'PUT') && answerError(response, status, name, message);

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'backups-unavailable', step: 0 });
  expect(end.note).toMatch(/^The snapshot of m-\d was not stored \(prod-/);
  expect(end.note).toContain(`${message} (${name}, ${status}).`);
  expect([...server.objects.keys(), ...server.uploads.keys()]).toEqual([]);
});

test('a bucket that stores other bytes than it was given, and calls that well: no backup, and nothing is left', async () => {
  const { server, run } = await scene();
  server.fault = (request) => {
    const stored = isSnapshot(request, 'GET') ? server.objects.get(request.key) : undefined;
    stored?.body.writeUInt8(stored.body.readUInt8(1000) ^ 1, 1000);
    return false;
  };

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'backups-unavailable', step: 0 });
  expect(end.note).toContain('was stored, and reads back as something else');
  expect([...server.objects.keys()]).toEqual([]);
});
