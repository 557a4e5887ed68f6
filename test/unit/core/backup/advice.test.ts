import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import {
  adviseOnBackups,
  ageWords,
  allowedAge,
  DEFAULT_MAX_BACKUP_AGE_MS,
  newestWords,
} from '../../../../src/core/backup/advice.ts';
import type { CataloguedBackup } from '../../../../src/core/backup/catalogue.ts';
import { chooseBackup } from '../../../../src/core/backup/chosen-backup.ts';
import { sealManifest } from '../../../../src/core/backup/manifest.ts';
import { bodyOf, catalogued, idOf } from '../../../support/backup-samples.ts';

const AT = '2026-11-22T00:51:30.000Z';
const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-11-22T12:00:00.000Z');

function aged(hours: number, changes: Partial<CataloguedBackup> = {}): CataloguedBackup {
  return catalogued(new Date(NOW_MS - hours * HOUR_MS).toISOString(), changes);
}

function drilled(result: 'passed' | 'failed', found = 'all as the manifest says'): Partial<CataloguedBackup> {
  return { drill: { version: 1, at: '2026-11-22T00:00:00.000Z', run: 'drill-prod-2a2a', how: 'drill', result, found } };
}

function advice(...backups: readonly CataloguedBackup[]): readonly string[] {
  return adviseOnBackups('prod', backups, DEFAULT_MAX_BACKUP_AGE_MS, NOW_MS).map(({ text }) => text);
}

test('a young backup, and one that was drilled, need no word', () => {
  expect(advice(aged(1), aged(25, drilled('passed')))).toEqual([]);
  expect(advice(aged(24, drilled('passed')))).toEqual([]);
});

test('no good backup is told first, also when there are others', () => {
  const none = 'prod has no good backup. Take one: `/kube backup prod`.';

  expect(advice()).toEqual([none]);
  expect(advice(aged(1, { state: 'half-written', why: 'it has no manifest' }))).toEqual([none]);
});

test('an old one is told with its age and what is expected', () => {
  expect(advice(aged(1, { state: 'unknown', why: 'no answer' }), aged(26, drilled('passed')))).toEqual([
    'The newest good backup of prod is 26 h 0 min old, and should be 24 h 0 min at most. Take one: `/kube backup prod`.',
    `Whether backup ${idOf(new Date(NOW_MS - HOUR_MS).toISOString())} is good cannot be told: no answer.`,
  ]);
});

test('one from the future hides nothing: the age is that of the newest of which it is known', () => {
  const future = aged(-3, drilled('passed'));

  expect(advice(future, aged(26, drilled('passed')))).toEqual([
    'The newest good backup of prod is 26 h 0 min old, and should be 24 h 0 min at most. Take one: `/kube backup prod`.',
    `Backup ${future.id} is 3 h 0 min from the future: the clock that named it, or the one here, is wrong. It does not count as the newest. Look at the clocks.`,
  ]);
  expect(advice(future)[0]).toBe('prod has no good backup. Take one: `/kube backup prod`.');
  expect(chooseBackup('prod', [future, aged(26)], 'latest', NOW_MS)).toMatchObject({ backup: { id: aged(26).id } });
  expect(chooseBackup('prod', [future], 'latest', NOW_MS)).toMatchObject({ ok: false });
  expect(chooseBackup('prod', [future], future.id, NOW_MS)).toMatchObject({ ok: true });
});

test('a drill of long ago proves little of what was taken since', () => {
  expect(advice(aged(1), aged(35 * 24, drilled('passed')))).toEqual([]);
  expect(advice(aged(1), aged(36 * 24, drilled('passed')))).toEqual([
    `The newest backup of prod that passed a drill, ${aged(36 * 24).id}, was taken 36 days ago and drilled 12 h 0 min ago: that later ones work is not proven. Try it: \`/kube drill prod latest\`.`,
  ]);
});

function of(hours: number, identity: { readonly etcd: string; readonly kubernetes: string | null }) {
  return aged(hours, { manifest: sealManifest(canonicalDigest, bodyOf(AT, { identity })), ...drilled('passed') });
}

test('young backups of two clusters of one name are told, and a restore of long ago is not', () => {
  const [ours, theirs] = [of(1, { etcd: 'bb', kubernetes: 'u2' }), of(2, { etcd: 'aa', kubernetes: 'u1' })];

  expect(advice(ours, theirs)).toEqual([
    expect.stringContaining(
      `two clusters that are called prod: ${ours.id} of kube-system u2 and ${theirs.id} of kube-system u1.`,
    ),
  ]);
  expect(advice(ours, of(8 * 24, { etcd: 'aa', kubernetes: 'u1' }))).toEqual([]);
  expect(advice(ours, of(2, { etcd: 'aa', kubernetes: 'u2' }))).toEqual([]);
});

test('what was never restored is not proven', () => {
  expect(advice(aged(1))).toEqual([
    'No backup of prod was ever restored in a drill, so that it works is not proven. Try it: `/kube drill prod latest`.',
  ]);
});

test('damaged ones and failed drills are named', () => {
  const damaged = aged(30, { state: 'damaged', why: 'snapshot.db is missing' });
  const failed = aged(40, { state: 'damaged', why: 'its drill failed', ...drilled('failed', '811 keys, not 812') });

  expect(advice(aged(1), aged(25, drilled('passed')), damaged, failed)).toEqual([
    `The drill of ${idOf(failed.createdAt)} failed: 811 keys, not 812. Do not rely on it.`,
    `Backup ${idOf(damaged.createdAt)} of prod is damaged: snapshot.db is missing.`,
  ]);
});

test('each piece names the backup that it is about, so that two are told apart', () => {
  const damaged = aged(30, { state: 'damaged', why: 'snapshot.db is missing' });
  const failed = aged(40, { state: 'damaged', why: 'its drill failed', ...drilled('failed', 'no') });
  const all = adviseOnBackups('prod', [damaged, failed], DEFAULT_MAX_BACKUP_AGE_MS, NOW_MS);

  expect(all.map(({ rule, about }) => [rule, about])).toEqual([
    ['none', ''],
    ['drill-failed', idOf(failed.createdAt)],
    ['damaged', idOf(damaged.createdAt)],
  ]);
});

test.each([
  ['nothing is scheduled', [], 24],
  ['it is taken every day, and has an hour to be taken', [24], 25],
  ['it is taken every hour: two intervals', [1], 2],
  ['it is taken every week, and maxAge asks for more', [168], 25],
  ['two schedules take it: the one that comes more often', [168, 6], 12],
])('how old the newest may be when %s', (_when, hours, allowed) => {
  expect(
    allowedAge(
      DEFAULT_MAX_BACKUP_AGE_MS,
      hours.map((each) => each * HOUR_MS),
    ),
  ).toBe(allowed * HOUR_MS);
});

const READ: Partial<CataloguedBackup> = { readAt: '2026-11-22T10:00:00.000Z' };

test.each<[string, readonly CataloguedBackup[], string | null]>([
  ['none that is good', [aged(1, { state: 'damaged' })], null],
  ['one', [aged(3)], 'old, not drilled itself; no drill has passed.'],
  [
    'one that was only read',
    [aged(3, READ)],
    'old, not drilled itself, its files last read whole 2 h 0 min ago; no drill has passed.',
  ],
  [
    'one that was drilled',
    [aged(3, drilled('passed')), aged(27, drilled('passed'))],
    'old; its drill passed 12 h 0 min ago.',
  ],
  [
    'one after a drill',
    [aged(3), aged(80, drilled('passed'))],
    `old, not drilled itself; the last drill passed 12 h 0 min ago (${aged(80).id}).`,
  ],
  [
    'drills of some that count no more',
    [
      aged(3),
      aged(27, { ...drilled('passed'), state: 'damaged' }),
      aged(-3, drilled('passed')),
      aged(80, drilled('failed')),
    ],
    'old, not drilled itself; no drill has passed.',
  ],
])('what there is, with %s', (_what, backups, rest) => {
  const words = newestWords(backups, NOW_MS);

  expect(words).toBe(rest === null ? null : `Newest good backup: ${aged(3).id}, 3 h 0 min ${rest}`);
});

test('ages are told in hours, then in days', () => {
  expect([90_000, 47 * HOUR_MS, 48 * HOUR_MS, 80 * HOUR_MS].map(ageWords)).toEqual([
    '1 min 30 s',
    '47 h 0 min',
    '2 days',
    '3 days',
  ]);
});
