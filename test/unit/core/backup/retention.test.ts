import { array, assert, boolean, constant, constantFrom, integer, oneof, option, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import type { CataloguedBackup } from '../../../../src/core/backup/catalogue.ts';
import { sealManifest } from '../../../../src/core/backup/manifest.ts';
import { type RetentionLimits, retain } from '../../../../src/core/backup/retention.ts';
import { bodyOf, catalogued, idOf } from '../../../support/backup-samples.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse('2026-11-22T12:00:00.000Z');
const NEWEST = isoOf(HOUR_MS);

function isoOf(ageMs: number): string {
  return new Date(NOW_MS - ageMs).toISOString();
}

function aged(ageMs: number, changes: Partial<CataloguedBackup> = {}): CataloguedBackup {
  return catalogued(isoOf(ageMs), changes);
}

function marked(ageMs: number): CataloguedBackup['mark'] {
  return { version: 1, at: isoOf(ageMs), why: 'it is beyond the limits' };
}

/** What is done, newest first, after the newest one was verified. */
function verdicts(backups: readonly CataloguedBackup[], limits: Partial<RetentionLimits>) {
  const all = [aged(HOUR_MS), ...backups];
  const [, ...rest] = retain(all, idOf(NEWEST), { keepLast: null, maxAgeMs: null, ...limits }, NOW_MS);
  return rest.map(({ does, why }) => `${does}: ${why}`);
}

test('without limits everything is kept', () => {
  expect(verdicts([aged(400 * DAY_MS), aged(800 * DAY_MS, { state: 'damaged' })], {})).toEqual([
    'keep: no limit is set',
    'keep: no limit is set',
  ]);
});

test('what either limit keeps is kept, the rest is marked and removed a day later', () => {
  const backups = [
    aged(2 * DAY_MS),
    aged(3 * DAY_MS),
    aged(40 * DAY_MS),
    aged(41 * DAY_MS, { mark: marked(23 * HOUR_MS) }),
    aged(42 * DAY_MS, { mark: marked(24 * HOUR_MS) }),
  ];

  expect(verdicts(backups, { keepLast: 2, maxAgeMs: 30 * DAY_MS })).toEqual([
    'keep: it is not too old yet',
    'keep: it is not too old yet',
    'mark: it is beyond the limits',
    'wait: it is beyond the limits',
    'remove: it is beyond the limits',
  ]);
  expect(verdicts(backups.slice(0, 3), { keepLast: 3 })).toEqual([
    'keep: it is one of the last 3',
    'keep: it is one of the last 3',
    'mark: it is beyond the limits',
  ]);
});

test('a mark is taken off what is not superfluous any more', () => {
  const hold = { version: 1, at: NEWEST, by: 'T0/U0OPERATOR', why: '' } as const;

  expect(verdicts([aged(40 * DAY_MS, { mark: marked(2 * DAY_MS), hold })], { keepLast: 1 })).toEqual([
    'unmark: it is on hold by T0/U0OPERATOR',
  ]);
});

test.each<[string, Partial<CataloguedBackup>, string]>([
  ['a hold that cannot be read', { hold: 'unreadable' }, 'it is on hold'],
  ['the store', { retainedUntil: isoOf(-HOUR_MS) }, `the store keeps it until ${isoOf(-HOUR_MS)}`],
  ['a store of static files that is away', { unseen: 'no answer' }, 'the store of static files cannot be looked at'],
  ['that it cannot be judged', { state: 'unknown', why: 'no answer' }, 'it cannot be judged: no answer'],
])('%s keeps one beyond the limits', (_, changes, why) => {
  expect(verdicts([aged(40 * DAY_MS, { mark: marked(2 * DAY_MS), ...changes })], { keepLast: 1 })).toEqual([
    `unmark: ${why}`,
  ]);
});

test('a lock of the store that is over keeps nothing', () => {
  expect(verdicts([aged(40 * DAY_MS, { retainedUntil: isoOf(HOUR_MS) })], { keepLast: 1 })).toEqual([
    'mark: it is beyond the limits',
  ]);
});

test('what was never finished goes after a day, whatever the limits; a damaged one as if it were good', () => {
  expect(
    verdicts([aged(2 * HOUR_MS, { state: 'half-written' }), aged(2 * DAY_MS, { state: 'half-written' })], {}),
  ).toEqual(['keep: it is younger than a day', 'mark: it was never finished']);
  expect(
    verdicts([aged(2 * DAY_MS, { state: 'damaged' }), aged(3 * DAY_MS), aged(4 * DAY_MS, { state: 'damaged' })], {
      keepLast: 2,
    }),
  ).toEqual([
    'keep: it is one of the last 2',
    'keep: it is one of the last 2',
    'mark: it is damaged, and beyond the limits',
  ]);
});

test('one from the future is kept, and counts for nothing', () => {
  const future = aged(-2 * HOUR_MS);
  const [first, second] = retain([aged(HOUR_MS), future], idOf(NEWEST), { keepLast: 1, maxAgeMs: null }, NOW_MS);

  expect(first).toEqual({ id: future.id, does: 'keep', why: 'its time has not come: the clocks differ' });
  expect(second).toMatchObject({ does: 'keep', why: 'it is the newest good one' });
  const older = [aged(HOUR_MS), future, aged(-3 * HOUR_MS), aged(2 * DAY_MS)];
  expect(retain(older, idOf(NEWEST), { keepLast: 2, maxAgeMs: null }, NOW_MS).at(-1)).toMatchObject({
    does: 'keep',
    why: 'it is one of the last 2',
  });
});

function did(backups: readonly CataloguedBackup[]): readonly string[] {
  return retain(backups, idOf(NEWEST), { keepLast: 2, maxAgeMs: null }, NOW_MS).map(
    ({ does, why }) => `${does}: ${why}`,
  );
}

test('the last good one of another cluster of this name stays, whatever comes after it', () => {
  const of = (etcd: string, kubernetes: string | null, ageMs: number): CataloguedBackup => {
    const at = isoOf(ageMs);
    return aged(ageMs, {
      manifest: sealManifest(canonicalDigest, bodyOf(at, { identity: { etcd, kubernetes } })),
      mark: ageMs > DAY_MS ? marked(2 * DAY_MS) : null,
    });
  };
  const others = [of('aaaa', null, 40 * DAY_MS), of('aaaa', null, 41 * DAY_MS)];
  const ours = [of('bbbb', null, HOUR_MS), of('bbbb', null, 2 * HOUR_MS)];

  expect(did([...ours, ...others])).toEqual([
    'keep: it is the newest good one',
    'keep: it is younger than a day',
    'unmark: it is the newest good one of another cluster of this name',
    'remove: it is beyond the limits',
  ]);
  // A restore gives etcd another id; the cluster is the same.
  const restored = [of('bbbb', 'b1a2', HOUR_MS), of('bbbb', 'b1a2', 2 * HOUR_MS), of('aaaa', 'b1a2', 40 * DAY_MS)];
  expect(did(restored).at(-1)).toBe('remove: it is beyond the limits');
});

test('nothing is touched while the backup just verified is not seen as good', () => {
  const old = aged(40 * DAY_MS, { mark: marked(2 * DAY_MS) });
  for (const backups of [[old], [old, aged(HOUR_MS, { state: 'damaged' })]])
    for (const { does } of retain(backups, idOf(NEWEST), { keepLast: 1, maxAgeMs: 1 }, NOW_MS))
      expect(['keep', 'unmark']).toContain(does);
});

test('whatever lies in the store: a good one stays, and what is protected is never due', () => {
  const backup = record({
    ageMs: integer({ min: -2, max: 60 }).map((days) => days * DAY_MS),
    state: constantFrom('good', 'damaged', 'half-written', 'unknown'),
    held: boolean(),
    lockedMs: option(integer({ min: -DAY_MS, max: DAY_MS }), { nil: null }),
    markedMs: option(integer({ min: -DAY_MS, max: 5 * DAY_MS }), { nil: null }),
  });
  const limit = oneof(constant(null), integer({ min: 1, max: 5 }));
  assert(
    property(array(backup, { maxLength: 12 }), limit, limit, (sketches, keepLast, maxAgeDays) => {
      const backups = sketches.map(({ ageMs, state, held, lockedMs, markedMs }, at) =>
        aged(ageMs, {
          id: idOf(isoOf(ageMs), `a${String(at).padStart(3, '0')}`),
          state,
          hold: held ? 'unreadable' : null,
          retainedUntil: lockedMs === null ? null : isoOf(-lockedMs),
          mark: markedMs === null ? null : marked(markedMs),
        }),
      );
      const all = [aged(HOUR_MS), ...backups];
      const limits = { keepLast, maxAgeMs: maxAgeDays === null ? null : maxAgeDays * DAY_MS };
      const answers = retain(all, idOf(NEWEST), limits, NOW_MS);
      const removed = new Set(answers.filter(({ does }) => does === 'remove').map(({ id }) => id));

      expect(answers.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
      const left = all.filter(({ id, state }) => state === 'good' && !removed.has(id));
      expect(left.length).toBeGreaterThanOrEqual(
        Math.min(keepLast ?? 1, all.filter(({ state }) => state === 'good').length),
      );
      for (const gone of all.filter(({ id }) => removed.has(id))) {
        expect(gone.hold).toBeNull();
        expect(gone.state).not.toBe('unknown');
        expect(Date.parse(gone.retainedUntil ?? isoOf(0))).toBeLessThanOrEqual(NOW_MS);
        expect(NOW_MS - Date.parse(gone.createdAt)).toBeGreaterThanOrEqual(DAY_MS);
        expect(NOW_MS - Date.parse(gone.mark?.at ?? isoOf(0))).toBeGreaterThanOrEqual(DAY_MS);
      }
    }),
  );
});
