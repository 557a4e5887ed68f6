import { expect, test } from 'vitest';
import { status } from '../../../jobs/status/runbook.ts';
import type { BackupSettings } from '../../../src/core/cluster-profile.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { readReport } from '../../../src/core/run-report.ts';
import { bodyOf, idOf, putBackup, type StoreSketch } from '../../support/backup-samples.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSketchedVault, type SketchedVault } from '../../support/sketched-vault.ts';
import { createStepHarness } from '../../support/step-harness.ts';

/** After everything that was taken. */
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const SETTINGS: BackupSettings = { maxAgeMs: 86_400_000, retention: { keepLast: 14, maxAgeMs: null } };
const NONE = 'prod has no good backup. Take one: `/kube backup prod`.';

function vaultWith(...times: readonly string[]): SketchedVault {
  const store: StoreSketch = { objects: [], contents: new Map() };
  for (const time of times) putBackup(store, bodyOf(time));
  return createSketchedVault(store);
}

/** The report of a healthy ring with these backups. */
async function reported(
  backups: BackupVault,
  settings: BackupSettings | null,
  intervalsMs: readonly number[] | null = [],
) {
  const harness = createStepHarness({
    clock: createFakeClock(NOW_MS),
    extra: { backups },
    backupIntervalsMs: async () =>
      intervalsMs === null ? await Promise.reject(new Error('secret')) : await Promise.resolve(intervalsMs),
    cluster: { backups: settings },
  });
  const draft = await harness.plan(status, {});
  expect(await harness.run(status, draft.steps)).toMatchObject({ kind: 'done' });
  const report = readReport(harness.outputs[0] ?? null);
  expect(report).toMatchObject({ healthy: true, summary: '3 of 3 members are healthy, m-1 leads.' });
  return report?.notes ?? [];
}

test('what is to be known of the backups stands in the notes, and nothing where none are configured', async () => {
  expect(await reported(vaultWith().vault, SETTINGS)).toContain(NONE);
  expect(await reported(vaultWith().vault, null)).not.toContain(NONE);
});

test('a damaged backup is told, and the cluster is not called unhealthy for it', async () => {
  const { vault, store } = vaultWith('2026-11-20T00:51:30.000Z');
  store.objects.pop();
  const notes = await reported(vault, SETTINGS);

  expect(notes.join('\n')).toContain(`Backup ${idOf('2026-11-20T00:51:30.000Z')} of prod is damaged: `);
});

test('after a drill that passed, nothing is wrong and its words are there', async () => {
  const { vault } = vaultWith('2026-11-22T00:51:30.000Z', '2026-11-20T00:51:30.000Z');
  const record = {
    version: 1,
    at: '2026-11-20T11:00:00.000Z',
    run: 'drill-prod-2a2a',
    how: 'drill',
    result: 'passed',
  } as const;
  const id = idOf('2026-11-20T00:51:30.000Z');
  await vault.recordDrill(id, { ...record, found: 'all' }, { signal: new AbortController().signal });
  const notes = await reported(vault, SETTINGS);

  expect(notes.filter((note) => note.includes('backup'))).toEqual([
    `Newest good backup: ${idOf('2026-11-22T00:51:30.000Z')}, 11 h 8 min old, not drilled itself; the last drill passed 2 days ago (${id}).`,
  ]);
});

const OLD = 'and should be ';

test.each<[string, string, readonly number[] | null, string | null]>([
  ['a daily schedule, while the backup is being taken', '2026-11-21T11:30:00.000Z', [86_400_000], null],
  ['an hourly schedule', '2026-11-22T09:30:00.000Z', [3_600_000], `${OLD}2 h 0 min at most`],
  ['no schedule', '2026-11-21T11:30:00.000Z', [], `${OLD}24 h 0 min at most`],
  ['schedules that cannot be read', '2026-11-21T11:30:00.000Z', null, `${OLD}24 h 0 min at most`],
])('how old the newest may be, with %s', async (_what, createdAt, intervalsMs, told) => {
  const words = (await reported(vaultWith(createdAt).vault, SETTINGS, intervalsMs)).join('\n');

  expect(words.includes(OLD)).toBe(told !== null);
  expect(words).toContain(told ?? '');
  expect(words.includes('The schedules of backups could not be read just now')).toBe(intervalsMs === null);
});

test('many pieces of advice are told in part, with where the rest is', async () => {
  const { vault, store } = vaultWith(...[1, 2, 3, 4, 5, 6, 7].map((day) => `2026-11-0${day}T00:51:30.000Z`));
  store.objects.splice(0, store.objects.length, ...store.objects.filter(({ key }) => key.endsWith('manifest.json')));
  const notes = await reported(vault, SETTINGS);

  expect(notes.filter((note) => note.includes('is damaged'))).toHaveLength(4);
  expect(notes.at(-1)).toBe('… and 3 more on its backups: `/kube backups prod`.');
});

test.each<[string, () => BackupVault, string]>([
  [
    'that fails',
    () => {
      const vault = vaultWith();
      vault.failures.set('list', { code: 'store', message: 's3://backups/ refuses to list', store: 'denied' });
      return vault.vault;
    },
    's3://backups/ refuses to list',
  ],
  [
    'that never answers',
    () => ({ ...vaultWith().vault, list: async () => await new Promise<never>(() => undefined) }),
    'its store gave no answer within 5 s',
  ],
  [
    'that throws',
    () => ({ ...vaultWith().vault, list: async () => await Promise.reject(new Error('secret')) }),
    'looking at its store ended with an unexpected error',
  ],
])('a store %s is a note, never a failure of status', async (_how, vault, why) => {
  expect(await reported(vault(), SETTINGS)).toContain(`The backups could not be looked at: ${why}.`);
});
