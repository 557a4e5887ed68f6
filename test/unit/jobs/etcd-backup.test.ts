import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { readManifest } from '../../../src/core/backup/manifest.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { backupScene } from '../../support/backup-scene.ts';
import { blocking, portError, warning } from '../../support/defrag-scene.ts';

const manifestKeys = (objects: ReadonlyMap<string, unknown>): readonly string[] =>
  [...objects.keys()].filter((key) => key.endsWith('manifest.json'));

test('a healthy ring: nothing blocks or warns, three steps that only read, and planning takes nothing', async () => {
  const { draft, store } = await backupScene();

  expect(draft.checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(draft.steps.map(({ kind, risk }) => [kind, risk])).toEqual([
    ['backup.take@1', 'read'],
    ['backup.publish@1', 'read'],
    ['backup.retain@1', 'read'],
  ]);
  expect(draft.forecast).toHaveLength(3);
  expect(store.calls).toEqual(['list']);
});

test('a backup from beginning to end: the manifest says what was there right before, and the report what it is', async () => {
  const { harness, store, run } = await backupScene({ params: { note: 'before the upgrade' } });
  await harness.etcd.port.put('/registry/a', new Uint8Array([1]), { timeoutMs: 1000 });
  await harness.etcd.port.put('/registry/b', new Uint8Array([2]), { timeoutMs: 1000 });
  const status = await harness.etcd.port.members({ timeoutMs: 1000 });

  expect(await run()).toMatchObject({ kind: 'done' });

  const [key = ''] = manifestKeys(store.objects);
  const id = key.split('/')[1] ?? '';
  const read = readManifest(canonicalDigest, id, store.objects.get(key));
  expect(read).toMatchObject({
    kind: 'good',
    manifest: {
      cluster: 'prod',
      by: 'T0HOME/U0OPERATOR',
      note: 'before the upgrade',
      run: 'defrag-prod-test',
      keys: 2,
      encryptionAtRest: 'none',
      snapshotOnly: null,
      alarms: [],
      databaseBytes: 64 * 1024,
      identity: { etcd: status.ok ? status.value.clusterId : '', kubernetes: null },
      hashKv: { compactRevision: '-1' },
    },
  });
  if (read.kind !== 'good') return;
  // The leader is m-1, and equals are taken by name.
  expect(read.manifest.member.name).toBe('m-2');
  expect(read.manifest.members.map(({ name }) => name)).toEqual(['m-1', 'm-2', 'm-3']);
  expect(store.revisions.get(read.manifest.identity.etcd)).toBe(read.manifest.revision);

  const report = StateReport.parse(Object(harness.outputs[2]).report);
  expect(report).toMatchObject({ healthy: true });
  expect(report.summary).toContain(`Backup ${id} of m-2`);
  expect(report.summary).toContain(`at revision ${read.manifest.revision} or later, stored in`);
  expect(report.tables[0]?.rows).toEqual(
    expect.arrayContaining([
      ['hash of keys and values (HashKV)', String(read.manifest.hashKv?.hash)],
      ['database', '64.0 KiB'],
      ['stored', '64.0 KiB'],
    ]),
  );
  expect(report.tables[1]?.rows[0]).toContain(read.manifest.files[0]?.contentSha256);
  expect(report.notes.at(-1)).toBe('Next: show that it can be restored, `/kube drill prod latest`.');
});

test('through exec no snapshot can be taken: refused with the way out', async () => {
  const { draft } = await backupScene({ cluster: { etcdAccess: 'exec' } });

  expect(blocking(draft)).toEqual(['applicable']);
  expect(draft.checks[0]?.evidence).toContain('`access: tunnel`');
});

test('without a configured store there is no plan', async () => {
  const { draft } = await backupScene({ cluster: { backups: null } });

  expect(blocking(draft)).toEqual(['applicable']);
});

test('a store that cannot be listed blocks, with its words', async () => {
  const { draft } = await backupScene({
    before: (_harness, store) =>
      store.fail('list', { code: 'store', store: 'denied', message: 'it does not let us in' }),
  });

  expect(blocking(draft)).toEqual(['store']);
  expect(draft.checks[0]?.evidence).toContain('it does not let us in');
});

test('a store that takes nothing blocks; too little room is said, and a store that does not tell is not asked about it', async () => {
  const full = await backupScene({
    before: (_harness, store) => {
      store.room = { ok: false, error: { code: 'store', store: 'denied', message: 'the disk can only be read' } };
    },
  });
  expect(blocking(full.draft)).toEqual(['room']);
  expect(full.draft.checks.find(({ id }) => id === 'room')?.evidence).toContain('the disk can only be read');

  const small = await backupScene({
    before: (_harness, store) => {
      store.room = { ok: true, value: 1024 };
    },
  });
  expect(warning(small.draft)).toEqual(['room']);
  expect(await small.run()).toMatchObject({ kind: 'done' });

  const { draft } = await backupScene();
  expect(draft.checks.map(({ id }) => id)).not.toContain('room');
});

test('a CORRUPT alarm blocks; a NOSPACE alarm is said and stands in the manifest', async () => {
  const corrupt = await backupScene({ before: ({ etcd }) => etcd.raise('m-3', 'CORRUPT') });
  expect(blocking(corrupt.draft)).toEqual(['corrupt', 'member']);
  expect(corrupt.draft.steps).toEqual([]);

  const full = await backupScene({ before: ({ etcd }) => etcd.raise('m-2', 'NOSPACE') });
  expect(blocking(full.draft)).toEqual([]);
  expect(warning(full.draft)).toEqual(['nospace']);
  expect(await full.run()).toMatchObject({ kind: 'done' });
  const [key = ''] = manifestKeys(full.store.objects);
  expect(full.store.objects.get(key)).toMatchObject({ member: { name: 'm-3' }, alarms: [{ type: 'NOSPACE' }] });
});

test('a follower that is down: a backup all the same, and the report says what is wrong with the ring', async () => {
  const { draft, harness, run } = await backupScene({ before: ({ etcd }) => etcd.kill('m-2') });

  expect(blocking(draft)).toEqual([]);
  expect(draft.notes.some((note) => note.startsWith('m-2 does not give the snapshot: it does not answer'))).toBe(true);
  expect(await run()).toMatchObject({ kind: 'done' });
  const report = StateReport.parse(Object(harness.outputs[2]).report);
  expect(report.healthy).toBe(false);
  expect(report.notes[0]).toContain('The ring is not as it should be');
});

test('the leader, named, is refused with who can give one', async () => {
  const { draft } = await backupScene({ params: { member: 'm-1' } });

  expect(blocking(draft)).toEqual(['member']);
  expect(draft.checks.find(({ id }) => id === 'member')?.evidence).toContain('m-2 can give one');
});

test('a leader that changed between plan and step: another member gives it', async () => {
  const { harness, store, run } = await backupScene();
  harness.etcd.changeLeader('m-2');

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(store.objects.get(manifestKeys(store.objects)[0] ?? '')).toMatchObject({ member: { name: 'm-1' } });
});

test('a named member that is being defragmented is waited for, and nothing is taken when that does not end', async () => {
  const { harness, store, run } = await backupScene({ params: { member: 'm-2' } });
  harness.etcd.defragmentElsewhere('m-2');

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'foreign-operation', step: 0 });
  expect(store.calls).toEqual(['list']);
});

test.each([
  ['UNKNOWN', 'alarms-unreadable'],
  ['CORRUPT', 'corrupt-alarm'],
] as const)('an alarm %s that came after the plan ends the run as %s, and nothing is taken', async (type, reason) => {
  const { harness, store, run } = await backupScene();
  harness.etcd.raise('m-3', type);

  expect(await run()).toMatchObject({ kind: 'stop', reason, step: 0 });
  expect(store.objects.size).toBe(0);
});

test('a ring that is another one by then: drifted, and nothing is taken', async () => {
  const { harness, store, run } = await backupScene();
  harness.etcd.addLearner();

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: 0 });
  expect(store.objects.size).toBe(0);
});

test('a snapshot that does not come whole is no backup, and the ending names the member', async () => {
  const { harness, store, run } = await backupScene({ params: { member: 'm-2' } });
  harness.etcd.failOnce({ method: 'snapshot', error: portError('stalled', 'no further bytes for 60 s') });

  const end = await run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'snapshot-incomplete', step: 0 });
  expect(end.note).toContain('m-2 answered: no further bytes for 60 s');
  expect(manifestKeys(store.objects)).toEqual([]);
});

test.each([
  ['not-whole', 'snapshot-damaged'],
  ['differs', 'backups-unavailable'],
  ['store', 'backups-unavailable'],
] as const)('a take that ends as %s ends the run as %s, without a manifest', async (code, reason) => {
  const { store, run } = await backupScene();
  store.fail('take', { code, message: 'in its words' });

  const end = await run();
  expect(end).toMatchObject({ kind: 'stop', reason, step: 0 });
  expect(end.note).toContain('in its words.');
  expect(store.calls).not.toContainEqual(expect.stringContaining('publish'));
});

test('a worker that dies after the take: its successor takes anew under another id, and the old one is nobody’s', async () => {
  const { harness, store, run } = await backupScene();
  let isFirst = true;
  store.onDone = (call) => {
    if (!call.startsWith('take') || !isFirst) return;
    isFirst = false;
    harness.shutDown();
  };

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(harness.deaths()).toBe(1);
  const takes = store.calls.filter((call) => call.startsWith('take'));
  // The second, of the same second, is refused by the store; nothing is overwritten.
  expect(takes).toHaveLength(3);
  expect(takes[0]).toBe(takes[1]);
  expect(takes[2]).not.toBe(takes[1]);
  expect(manifestKeys(store.objects)).toEqual([`prod/${takes[2]?.slice('take '.length)}/manifest.json`]);
});

test('a worker that dies after the manifest was stored: it is published once more, and is one backup', async () => {
  const { harness, store, run } = await backupScene();
  let isFirst = true;
  store.onDone = (call) => {
    if (!call.startsWith('publish') || !isFirst) return;
    isFirst = false;
    harness.shutDown();
  };

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(manifestKeys(store.objects)).toHaveLength(1);
  expect(store.calls.filter((call) => call.startsWith('take'))).toHaveLength(1);
});

test('a manifest that is not seen afterwards as it was written is no success', async () => {
  const { store, run } = await backupScene();
  store.onDone = (call) => {
    if (!call.startsWith('publish')) return;
    for (const [key, value] of store.objects) if (typeof value === 'number') store.objects.set(key, value - 1);
  };

  const end = await run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'backup-damaged', step: 1 });
  expect(end.note).toContain('bytes, not');
});

test('what cannot be hashed is left out and said; the backup stands', async () => {
  const { harness, store, run } = await backupScene();
  harness.etcd.failOnce({ method: 'hash', error: portError('permission', 'not allowed') });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(store.objects.get(manifestKeys(store.objects)[0] ?? '')).toMatchObject({ hashKv: null });
  const report = StateReport.parse(Object(harness.outputs[2]).report);
  expect(report.notes).toContain('Keys and values were not hashed: not allowed. A drill cannot compare that.');
});
