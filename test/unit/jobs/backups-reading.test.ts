import { describe, expect, test } from 'vitest';
import { backups } from '../../../jobs/backups/runbook.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { readReport } from '../../../src/core/run-report.ts';
import type { StateReport } from '../../../src/core/state-report.ts';
import { bodyOf, idOf, putBackup, type StoreSketch } from '../../support/backup-samples.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSketchedVault, type SketchedVault } from '../../support/sketched-vault.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from '../../support/step-harness.ts';

/** After everything that was taken. */
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const OLDER = '2026-11-20T00:51:30.000Z';
const NEWER = '2026-11-21T00:51:30.000Z';
const NEW = idOf(NEWER);
const LIST: JsonObject = { verify: false, hold: null, release: null, why: '', by: 'T0HOME/U0OPERATOR' };

function twoBackups(): SketchedVault {
  const store: StoreSketch = { objects: [], contents: new Map() };
  putBackup(store, bodyOf(OLDER));
  putBackup(store, bodyOf(NEWER));
  return createSketchedVault(store);
}

function harnessFor(vault: SketchedVault): StepHarness {
  return createStepHarness({ clock: createFakeClock(NOW_MS), extra: { backups: vault.vault } });
}

async function ran(
  vault: SketchedVault,
  params: JsonObject,
): Promise<{ readonly end: HarnessEnd; readonly report: StateReport | null }> {
  const harness = harnessFor(vault);
  const draft = await harness.plan(backups, params);
  expect(draft.checks).toEqual([]);
  const end = await harness.run(backups, draft.steps);
  return { end, report: harness.outputs.map(readReport).findLast((each) => each !== null) ?? null };
}

/** As a folder tells of its files. */
function withoutChecksums(vault: SketchedVault): SketchedVault {
  const { objects } = vault.store;
  objects.splice(0, objects.length, ...objects.map((each) => Object.assign(each, { sha256: null })));
  return vault;
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

  test('stores once a day that nothing was found', async () => {
    const vault = withoutChecksums(twoBackups());
    const first = await ran(vault, LIST);
    await ran(vault, LIST);

    expect(first.report?.tables[0]?.rows.map((row) => row[7])).toEqual(['good', 'good']);
    expect(vault.calls.filter((call) => call.startsWith('check'))).toHaveLength(4);
    expect(vault.calls.filter((call) => call.startsWith('recordDrill'))).toHaveLength(2);
  });

  test('says of those that there was no time for that they are as listed', async () => {
    const vault = withoutChecksums(twoBackups());
    const slow = {
      ...vault.vault,
      check: async (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
        await new Promise<{
          readonly ok: false;
          readonly error: { readonly code: 'cancelled'; readonly message: string };
        }>((resolve) => {
          const over = { ok: false, error: { code: 'cancelled', message: 'over' } } as const;
          signal.addEventListener('abort', () => resolve(over), { once: true });
        }),
    };
    const { report, end } = await ran({ ...vault, vault: slow }, LIST);

    expect(end).toMatchObject({ kind: 'done' });
    const words = 'as listed, not read since it was taken';
    expect(report?.tables[0]?.rows.map((row) => row[7])).toEqual([words, words]);
  });
});
