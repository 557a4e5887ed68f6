import { describe, expect, test } from 'vitest';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import type { StateReport } from '../../../src/core/state-report.ts';
import { bodyOf, idOf, putBackup } from '../../support/backup-samples.ts';
import { type SketchedVault } from '../../support/sketched-vault.ts';
import { LIST, NEWER, NOW_MS, OLDER, ran, twoBackups } from '../../support/two-backups.ts';

const HOUR_MS = 3_600_000;
const OLDEST = '2026-11-19T00:51:30.000Z';
const NEW = idOf(NEWER);

/** As a folder tells of its files. */
function withoutChecksums(vault: SketchedVault): SketchedVault {
  const { objects } = vault.store;
  objects.splice(0, objects.length, ...objects.map((each) => Object.assign(each, { sha256: null })));
  return vault;
}

function statesIn(report: StateReport | null): readonly (string | undefined)[] | undefined {
  const [table] = report?.tables ?? [];
  return table?.rows.map((row) => row[table.columns.indexOf('state')]);
}

/** Reading these comes to no end. */
function endless({ vault }: SketchedVault, ids: readonly string[]): BackupVault {
  return {
    ...vault,
    check: async (manifest, call) => {
      if (!ids.includes(manifest.id)) return await vault.check(manifest, call);
      return await new Promise((resolve) => {
        const over = { ok: false, error: { code: 'cancelled', message: 'over' } } as const;
        call.signal.addEventListener('abort', () => resolve(over), { once: true });
      });
    },
  };
}

describe('the list of a store that tells no checksums', () => {
  test('reads the files: a bit that flipped is named, and stored beside the backup', async () => {
    const vault = withoutChecksums(twoBackups());
    vault.bad.set(NEW, { code: 'damaged', message: 'the content has another SHA-256 than its manifest says' });
    const { report } = await ran(vault, LIST);

    expect(report).toMatchObject({ healthy: false, summary: expect.stringContaining('1 good, 1 damaged') });
    expect(report?.notes[0]).toContain(`${NEW} is damaged: its reading failed: the content has another SHA-256`);
    expect(vault.list().map(({ state }) => state)).toEqual(['damaged', 'good']);
  });

  test('tells a damage also when it cannot be stored', async () => {
    const vault = withoutChecksums(twoBackups());
    vault.bad.set(NEW, { code: 'damaged', message: 'it differs' });
    vault.failures.set('recordDrill', { code: 'store', message: 'read-only', store: 'refused' });
    const { report } = await ran(vault, LIST);

    expect(report).toMatchObject({ healthy: false });
    expect(report?.notes[0]).toBe(`${NEW} is damaged: it differs; that could not be stored: read-only.`);
  });

  test('leaves what was read and found whole for a day, and says when it was', async () => {
    const vault = withoutChecksums(twoBackups());
    const first = await ran(vault, LIST);
    const again = await ran(vault, LIST, NOW_MS + HOUR_MS);
    expect(vault.calls.filter((call) => call.startsWith('check'))).toHaveLength(2);
    expect(vault.calls.filter((call) => call.startsWith('recordDrill'))).toHaveLength(2);
    await ran(vault, LIST, NOW_MS + 25 * HOUR_MS);

    expect(statesIn(first.report)).toEqual(['good', 'good']);
    expect(statesIn(again.report)).toEqual([
      'as listed, last read 1 h 0 min ago',
      'as listed, last read 1 h 0 min ago',
    ]);
    expect(vault.calls.filter((call) => call.startsWith('check'))).toHaveLength(4);
  });

  test('begins with the one that was not read for the longest, which is not the newest', async () => {
    const vault = withoutChecksums(twoBackups());
    putBackup(vault.store, bodyOf(OLDEST));
    withoutChecksums(vault);
    const record = {
      version: 1,
      at: '2026-11-21T06:00:00.000Z',
      run: 'x',
      how: 'read',
      result: 'passed',
      found: '',
    } as const;
    await vault.vault.recordDrill(idOf(OLDEST), record, { signal: new AbortController().signal });
    await ran(vault, LIST);

    expect(vault.calls.filter((call) => call.startsWith('check'))).toEqual(
      [OLDER, NEWER, OLDEST].map((each) => `check ${idOf(each)}`),
    );
  });

  test('one that takes longer than there is time leaves half of it to smaller ones', async () => {
    const vault = withoutChecksums(twoBackups());
    const [small] = bodyOf(OLDEST).files;
    if (small === undefined) throw new Error('it has no file');
    const newest = '2026-11-21T02:00:00.000Z';
    putBackup(
      vault.store,
      bodyOf(newest, {
        files: [{ ...small, name: small.name.replace('2026-11-19_005130', '2026-11-21_020000'), storedBytes: 100 }],
      }),
    );
    withoutChecksums(vault);
    const { report } = await ran({ ...vault, vault: endless(vault, [idOf(OLDER), NEW]) }, LIST);

    expect(vault.calls.filter((call) => call.startsWith('check'))).toEqual([`check ${idOf(newest)}`]);
    const words = 'as listed, not read since it was taken';
    expect(statesIn(report)).toEqual(['good', words, words]);
  });

  test('says of those that there was no time for that they are as listed', async () => {
    const vault = withoutChecksums(twoBackups());
    const { report, end } = await ran({ ...vault, vault: endless(vault, [idOf(OLDER), NEW]) }, LIST);

    expect(end).toMatchObject({ kind: 'done' });
    const words = 'as listed, not read since it was taken';
    expect(statesIn(report)).toEqual([words, words]);
  });
});
