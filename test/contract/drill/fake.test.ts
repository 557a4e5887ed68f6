import { expect, test } from 'vitest';
import { createFakeDrill } from '../../fakes/drill.ts';

const call = () => ({ signal: new AbortController().signal });

async function* content(): AsyncGenerator<Uint8Array> {
  for (const text of ['sec', 'ret']) yield await Promise.resolve(Buffer.from(text));
}
async function* broken(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('sec'));
  throw new Error('the store closed the connection');
}
const ORDER = { id: 'prod-20261122005130-7f3k', version: '3.5.16', sizeBytes: 6, revision: '12' };

test('it reads the content to its end, says what was asked, and finds what it was told to', async () => {
  const drill = createFakeDrill();
  expect(await drill.restore({ ...ORDER, content: content() }, call())).toMatchObject({
    ok: true,
    value: { revision: '12', keys: 0, tookWrite: true },
  });
  drill.finds(({ revision }) => ({
    programs: { version: '3.6.1', etcd: 'etcd', restore: 'etcdutl' },
    revision,
    keys: 7,
    hashKv: null,
    resources: [],
    encryptionProviders: [],
    alarmsDisarmed: 1,
    tookWrite: false,
  }));
  expect(await drill.restore({ ...ORDER, content: content() }, call())).toMatchObject({ value: { keys: 7 } });
  expect(drill.orders).toEqual([
    { ...ORDER, bytes: 6 },
    { ...ORDER, bytes: 6 },
  ]);
});

test('it fails as the real one does, and once as it is told', async () => {
  const drill = createFakeDrill();
  const cut = await drill.restore({ ...ORDER, sizeBytes: 7, content: content() }, call());
  expect(cut).toMatchObject({
    ok: false,
    error: { code: 'content-failed', message: expect.stringMatching(/6 bytes instead of 7/) },
  });
  const failed = await drill.restore({ ...ORDER, content: broken() }, call());
  expect(failed).toMatchObject({ error: { code: 'content-failed', message: 'the store closed the connection' } });
  expect(drill.orders).toEqual([]);

  drill.failsNext('programs', { code: 'no-program', message: 'there is none' });
  expect(await drill.programsFor('3.5.16', call())).toMatchObject({ error: { code: 'no-program' } });
  expect(await drill.programsFor('3.5.16', call())).toMatchObject({ ok: true });
  drill.failsNext('restore', { code: 'refused', message: 'no' });
  expect(await drill.restore({ ...ORDER, content: content() }, call())).toMatchObject({ error: { code: 'refused' } });
  expect(await drill.restore({ ...ORDER, content: content() }, call())).toMatchObject({ ok: true });

  const cancelled = await drill.restore({ ...ORDER, content: content() }, { signal: AbortSignal.abort() });
  expect(cancelled).toMatchObject({ error: { code: 'cancelled' } });
});
