import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackupVault, TakeOrder } from '../../../src/core/ports/backup-vault.ts';
import { idOf } from '../../support/backup-samples.ts';
import { bodyWith, bytesOf, nextTime, orderOf, readCode, snapshotFile, takeBackup, valueOf } from './samples.ts';
import { describeKeeping, describeKeepingObjects, describeSweeping } from './suite-keeping.ts';

/** A vault that is tested, of the cluster `prod`. */
export interface VaultScene {
  readonly vault: BackupVault;
  /** Flips a bit in the middle of the object whose key ends so. */
  damage(keyEnd: string): Promise<void>;
  stop(): Promise<void>;
}

const { signal } = new AbortController();
const SNAPSHOT = snapshotFile();

/** What every vault does. `more`: what it takes more of a server. */
export function describeBackupVault(
  name: string,
  start: () => Promise<VaultScene>,
  more: readonly ((scene: () => VaultScene) => void)[] = [describeRacing, describeSweeping],
): void {
  describe(`a vault ${name}`, () => {
    let scene: VaultScene;
    beforeAll(async () => {
      scene = await start();
    });
    afterAll(async () => await scene.stop());

    describeTaking(() => scene);
    describeFailing(() => scene);
    describeKeeping(() => scene);
    describeKeepingObjects(() => scene);
    for (const describeMore of more) describeMore(() => scene);
  });
}

async function listed(vault: BackupVault, id: string) {
  return valueOf(await vault.list({ signal })).find((backup) => backup.id === id);
}

function describeTaking(scene: () => VaultScene): void {
  test('gives back what it was given, byte for byte, and knows what it has', async () => {
    const { vault } = scene();
    const phases = new Set<string>();
    const createdAt = nextTime();
    const order: TakeOrder = {
      ...orderOf(idOf(createdAt), SNAPSHOT),
      onProgress: ({ phase }) => void phases.add(phase),
    };

    const file = valueOf(await vault.take(order, { signal }));
    expect(await listed(vault, order.id)).toMatchObject({ state: 'half-written', manifest: null });
    const manifest = valueOf(await vault.publish(bodyWith(createdAt, [file]), { signal }));

    expect(file).toMatchObject({
      role: 'snapshot',
      contentBytes: SNAPSHOT.length,
      contentSha256: createHash('sha256').update(SNAPSHOT).digest('hex'),
      compression: vault.facts?.snapshot.compression,
    });
    expect([...phases]).toContain('taking');
    expect(await listed(vault, order.id)).toMatchObject({ state: 'good', why: null, manifest });
    const content = await bytesOf(valueOf(await vault.open(manifest, file, { signal })));
    expect(content.equals(SNAPSHOT)).toBe(true);
    expect(await vault.check(manifest, { signal })).toEqual({ ok: true, value: null });
  });

  test('takes static files of any content, and does not compress them again', async () => {
    const { vault } = scene();
    const createdAt = nextTime();
    const id = idOf(createdAt);
    const archive = new TextEncoder().encode('keys and certificates');

    const snapshot = valueOf(await vault.take(orderOf(id, SNAPSHOT), { signal }));
    const file = valueOf(await vault.take(orderOf(id, archive, 'static'), { signal }));
    const manifest = valueOf(await vault.publish(bodyWith(createdAt, [snapshot, file]), { signal }));

    expect(file).toMatchObject({ role: 'static', compression: 'none', contentBytes: archive.length });
    expect(await listed(vault, id)).toMatchObject({ state: 'good' });
    expect((await bytesOf(valueOf(await vault.open(manifest, file, { signal })))).toString()).toBe(
      'keys and certificates',
    );
    expect(await vault.check(manifest, { signal })).toMatchObject({ ok: true });
  });

  test('publishes the same manifest twice, and no other one in its place', async () => {
    const { vault } = scene();
    const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);
    const body = bodyWith(manifest.createdAt, [file]);

    expect(valueOf(await vault.publish(body, { signal }))).toEqual(manifest);
    expect(await vault.publish({ ...body, note: 'another' }, { signal })).toMatchObject({
      ok: false,
      error: { code: 'store', store: 'already-there' },
    });
    expect(await listed(vault, id)).toMatchObject({ state: 'good', manifest });
  });

  test('does not take in the place of what is there', async () => {
    const { vault } = scene();
    const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);

    expect(await vault.take(orderOf(id, snapshotFile(8, 2)), { signal })).toMatchObject({
      ok: false,
      error: { code: 'store', store: 'already-there' },
    });
    const content = await bytesOf(valueOf(await vault.open(manifest, file, { signal })));
    expect(content.equals(SNAPSHOT)).toBe(true);
  });

  test('takes two backups at once', async () => {
    const { vault } = scene();
    const both = await Promise.all([takeBackup(vault, snapshotFile(50, 3)), takeBackup(vault, snapshotFile(70, 4))]);

    for (const { id, manifest } of both) {
      expect(await listed(vault, id)).toMatchObject({ state: 'good' });
      expect(await vault.check(manifest, { signal })).toMatchObject({ ok: true });
    }
  });
}

/** For servers that know how to store only where there is nothing, also for two at once. */
function describeRacing(scene: () => VaultScene): void {
  test('lets one of two win that take the same backup at once', async () => {
    const { vault } = scene();
    const id = idOf(nextTime());
    const results = await Promise.all([1, 2].map(async () => await vault.take(orderOf(id, SNAPSHOT), { signal })));

    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(results.find(({ ok }) => !ok)).toMatchObject({ error: { code: 'store', store: 'already-there' } });
    expect(await listed(vault, id)).toMatchObject({ state: 'half-written', keys: [expect.any(String)] });
  });
}

function describeFailing(scene: () => VaultScene): void {
  const feeds = {
    'says that it failed': async (write) => {
      await write(SNAPSHOT);
      return { ok: false, why: 'cp-2 went away' };
    },
    throws: async (write) => {
      await write(SNAPSHOT);
      throw new Error('cp-2 went away');
    },
  } satisfies Readonly<Record<string, TakeOrder['feed']>>;
  for (const [how, feed] of Object.entries(feeds))
    test(`stores nothing of a feed that ${how}`, async () => {
      const { vault } = scene();
      const id = idOf(nextTime());

      expect(await vault.take({ id, role: 'snapshot', feed }, { signal })).toEqual({
        ok: false,
        error: { code: 'source-failed', message: 'cp-2 went away' },
      });
      expect(await listed(vault, id)).toBeUndefined();
    });

  const cuts = {
    'its hash': SNAPSHOT.subarray(0, -32),
    'a page': SNAPSHOT.subarray(512),
    'the last byte': SNAPSHOT.subarray(0, -1),
    everything: new Uint8Array(0),
  };
  for (const [lacking, bytes] of Object.entries(cuts))
    test(`stores nothing of a snapshot that lacks ${lacking}`, async () => {
      const { vault } = scene();
      const id = idOf(nextTime());

      expect(await vault.take(orderOf(id, bytes), { signal })).toMatchObject({
        ok: false,
        error: { code: 'not-whole' },
      });
      expect(await listed(vault, id)).toBeUndefined();
    });

  test('ends with the signal, also while nothing comes', async () => {
    const { vault } = scene();
    const id = idOf(nextTime());
    const stop = new AbortController();
    const seen: AbortSignal[] = [];
    const taking = vault.take(
      {
        id,
        role: 'snapshot',
        feed: async (write, ending) => {
          seen.push(ending);
          await write(SNAPSHOT.subarray(0, 512));
          setImmediate(() => stop.abort());
          return await new Promise((_resolve, reject) => {
            ending.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
          });
        },
      },
      { signal: stop.signal },
    );

    expect(await taking).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await listed(vault, id)).toBeUndefined();
    expect(await vault.take(orderOf(id, SNAPSHOT), { signal: stop.signal })).toMatchObject({
      ok: false,
      error: { code: 'cancelled' },
    });
    expect(await listed(vault, id)).toBeUndefined();
  });

  test('refuses ids that are none of its cluster', async () => {
    const { vault } = scene();
    const strange = { ok: false, error: { code: 'store', store: 'refused' } };

    for (const id of ['other-20261122005130-7f3k', '../prod', 'prod'])
      expect(await vault.take(orderOf(id, SNAPSHOT), { signal })).toMatchObject(strange);
    expect(await vault.release('other-20261122005130-7f3k', { signal })).toMatchObject(strange);
    expect(await vault.noteRevision('../x', '1', { signal })).toMatchObject(strange);
  });

  test('finds a flipped bit, whoever reads', async () => {
    const { vault } = scene();
    const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);
    await scene().damage(`${id}/${file.name}`);

    expect(await readCode(vault, manifest, file)).toBe('damaged');
    expect(await vault.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
  });

  test('finds an edited manifest', async () => {
    const { vault } = scene();
    const { id } = await takeBackup(vault, SNAPSHOT);
    await scene().damage(`${id}/manifest.json`);

    expect((await listed(vault, id))?.state).toMatch(/^(damaged|unknown)$/);
  });
}
