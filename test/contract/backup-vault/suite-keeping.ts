import { expect, test } from 'vitest';
import type { CataloguedBackup } from '../../../src/core/backup/catalogue.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { snapshotFile, takeBackup, valueOf } from './samples.ts';
import type { VaultScene } from './suite.ts';

const { signal } = new AbortController();
const SMALL = snapshotFile(4, 5);
const AT = '2026-11-22T01:00:00.000Z';

async function theOne(vault: BackupVault, id: string): Promise<CataloguedBackup> {
  const found = valueOf(await vault.list({ signal })).find((backup) => backup.id === id);
  if (found === undefined) throw new Error(`${id} is not listed`);
  return found;
}

/** How a vault keeps and removes what it has. */
export function describeKeeping(scene: () => VaultScene): void {
  test('keeps what is on hold, and the first hold', async () => {
    const { vault } = scene();
    const { id } = await takeBackup(vault, SMALL);
    const hold = { version: 1, at: AT, by: 'T0TEAM/U0OPERATOR', why: 'an incident' } as const;
    const listedBefore = await theOne(vault, id);

    expect(await vault.hold(id, hold, { signal })).toEqual({ ok: true, value: null });
    expect(await vault.hold(id, { ...hold, why: 'another' }, { signal })).toEqual({ ok: true, value: null });
    expect(await theOne(vault, id)).toMatchObject({ hold });
    // Also for who listed before there was a hold.
    expect(await vault.remove(listedBefore, { signal })).toMatchObject({
      ok: false,
      error: { code: 'store', store: 'retained' },
    });
    expect(await theOne(vault, id)).toMatchObject({ state: 'good' });

    expect(await vault.release(id, { signal })).toEqual({ ok: true, value: null });
    expect(await vault.release(id, { signal })).toEqual({ ok: true, value: null });
    expect(await theOne(vault, id)).toMatchObject({ hold: null });
  });

  test('removes all of a backup, and what is removed stays removed', async () => {
    const { vault } = scene();
    const { id, manifest, file } = await takeBackup(vault, SMALL);
    await vault.mark(id, { version: 1, at: AT, why: 'it is old' }, { signal });
    const backup = await theOne(vault, id);

    expect(await vault.remove(backup, { signal })).toEqual({ ok: true, value: null });
    expect(valueOf(await vault.list({ signal })).map((each) => each.id)).not.toContain(id);
    expect(await vault.open(manifest, file, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
    expect(await vault.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
    expect(await vault.remove(backup, { signal })).toEqual({ ok: true, value: null });
  });

  test('marks and unmarks', async () => {
    const { vault } = scene();
    const { id } = await takeBackup(vault, SMALL);
    const mark = { version: 1, at: AT, why: 'there are 7 newer ones' } as const;

    expect(await vault.mark(id, mark, { signal })).toEqual({ ok: true, value: null });
    expect(await theOne(vault, id)).toMatchObject({ mark });
    expect(await vault.mark(id, { ...mark, why: 'there are 8' }, { signal })).toEqual({ ok: true, value: null });
    expect(await theOne(vault, id)).toMatchObject({ mark: { why: 'there are 8' } });
    expect(await vault.mark(id, null, { signal })).toEqual({ ok: true, value: null });
    expect(await theOne(vault, id)).toMatchObject({ mark: null });
  });

  test('keeps each drill, also two of one second, and one only once', async () => {
    const { vault } = scene();
    const { id } = await takeBackup(vault, SMALL);
    const drill = { version: 1, at: AT, run: 'drill-prod-1', how: 'drill', result: 'passed', found: 'all' } as const;
    const failed = { ...drill, run: 'drill-prod-2', at: '2026-11-22T01:00:00.500Z', result: 'failed' } as const;

    for (const record of [drill, drill, failed])
      expect(await vault.recordDrill(id, record, { signal })).toEqual({ ok: true, value: null });
    const backup = await theOne(vault, id);
    expect(backup).toMatchObject({ state: 'damaged', drill: failed });
    expect(backup.keys.filter((key) => key.includes('/drills/'))).toHaveLength(2);
  });

  test('notes nothing of what is not there', async () => {
    const { vault } = scene();
    const id = 'prod-20200101000000-aaaa';
    const missing = { ok: false, error: { code: 'store', store: 'not-there' } };

    expect(await vault.hold(id, { version: 1, at: AT, by: 'x', why: '' }, { signal })).toMatchObject(missing);
    expect(await vault.mark(id, { version: 1, at: AT, why: '' }, { signal })).toMatchObject(missing);
  });

  test('knows the highest revision ever noted of the cluster, whatever id its etcd had', async () => {
    const { vault } = scene();
    const [one, other] = ['e00d12ba52a76879', 'aa'];

    expect(await vault.highestRevision({ signal })).toEqual({ ok: true, value: null });
    await Promise.all(['5', '3', '4'].map(async (revision) => await vault.noteRevision(other, revision, { signal })));
    expect(await vault.highestRevision({ signal })).toEqual({ ok: true, value: '5' });
    for (const revision of ['0', '-1', 'x', '123456789012345678901'])
      await vault.noteRevision(other, revision, { signal });
    expect(await vault.highestRevision({ signal })).toEqual({ ok: true, value: '5' });

    for (const revision of ['9', '10', '7', '18019771712233889772', '11', '18446744073709551615', '12', '10'])
      expect(await vault.noteRevision(one, revision, { signal })).toEqual({ ok: true, value: null });
    expect(await vault.highestRevision({ signal })).toEqual({ ok: true, value: '18446744073709551615' });
    // A restore gives the ring another id, and does not make what was seen before unseen.
    expect(await vault.noteRevision(other, '6', { signal })).toEqual({ ok: true, value: null });
    expect(await vault.highestRevision({ signal })).toEqual({ ok: true, value: '18446744073709551615' });
  });
}

/** How a vault keeps exports of objects beside backups. */
export function describeKeepingObjects(scene: () => VaultScene): void {
  test('keeps exports of objects, each of its own, and calls none of them a backup', async () => {
    const { vault } = scene();
    const before = valueOf(await vault.list({ signal })).length;
    const first = valueOf(await vault.keepObjects('{"items":[1]}', { signal }));
    const second = valueOf(await vault.keepObjects('{"items":[1,2]}', { signal }));

    expect(first).toMatchObject({ bytes: 13, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(second.key).not.toBe(first.key);
    expect(first.key).toMatch(/\/objects\/objects_\d{4}-\d{2}-\d{2}_\d{6}\.json(\.zst)?(\.age)?$/);
    expect(valueOf(await vault.list({ signal }))).toHaveLength(before);
  });
}

/** For servers that know of unfinished uploads. */
export function describeSweeping(scene: () => VaultScene): void {
  test('sweeps nothing of what is whole', async () => {
    const { vault } = scene();
    const { id } = await takeBackup(vault, SMALL);

    expect(await vault.sweep('2100-01-01T00:00:00.000Z', { signal })).toEqual({ ok: true, value: 0 });
    expect(await theOne(vault, id)).toMatchObject({ state: 'good' });
  });
}
