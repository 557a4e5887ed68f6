import { describe, expect, test } from 'vitest';
import { backups } from '../../../jobs/backups/runbook.ts';
import { backupKey } from '../../../src/core/backup/names.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { bodyOf, CLUSTER, idOf, putBackup, putJson } from '../../support/backup-samples.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSketchedVault, type SketchedVault } from '../../support/sketched-vault.ts';
import { createStepHarness } from '../../support/step-harness.ts';
import { harnessFor, LIST, NEWER, NOW_MS, OLDER, ran, twoBackups } from '../../support/two-backups.ts';

const [OLD, NEW] = [idOf(OLDER), idOf(NEWER)];

async function evidence(vault: SketchedVault, params: JsonObject): Promise<readonly string[]> {
  const draft = await harnessFor(vault).plan(backups, params);
  expect(draft.steps).toEqual([]);
  return draft.checks.map(({ id, verdict, evidence: seen }) => `${id} ${verdict}: ${seen}`);
}

describe('the list', () => {
  test('names each backup, and what is damaged or half-written with why; it says nothing of the cluster', async () => {
    const vault = twoBackups();
    vault.store.objects.splice(1, 1);
    putJson(vault.store, backupKey({ kind: 'hold', cluster: CLUSTER, id: idOf('2026-11-19T00:00:00.000Z') }), {
      version: 1,
      at: NEWER,
      by: 'T0HOME/U0ANA',
      why: 'before the upgrade',
    });
    const { end, report } = await ran(vault, LIST);

    expect(end).toMatchObject({ kind: 'done' });
    expect(report).toMatchObject({
      of: 'backups',
      healthy: false,
      summary: 'prod has 3 backups in s3://backups/: 1 good, 1 damaged, 1 half-written.',
    });
    expect(report?.tables[0]?.rows.map((row) => [row[0], row[2], row[3], row[6], row[7], row[8]])).toEqual([
      [NEW, '1.1 KiB', '1.0 KiB', 'never', '', 'good'],
      [OLD, '100 B', '1.0 KiB', 'never', '', 'damaged'],
      [idOf('2026-11-19T00:00:00.000Z'), '100 B', '', 'never', 'by T0HOME/U0ANA', 'half-written'],
    ]);
    expect(report?.notes).toEqual([
      `${OLD} is damaged: snapshot_2026-11-20_005130.db is missing.`,
      `${idOf('2026-11-19T00:00:00.000Z')} is half-written: it has no manifest: it was never finished.`,
      `${idOf('2026-11-19T00:00:00.000Z')} is on hold by T0HOME/U0ANA since 2026-11-21 00:51 UTC: before the upgrade.`,
    ]);
  });

  test('names the store of each, and which are of another cluster of this name', async () => {
    const vault = twoBackups();
    const theirs = '2026-11-18T00:00:00.000Z';
    putBackup(vault.store, bodyOf(theirs, { identity: { etcd: 'ffff', kubernetes: 'other' } }));
    const { report } = await ran(vault, LIST);

    expect(report?.tables[0]?.rows.map((row) => row[9])).toEqual(Array(3).fill('s3://backups/'));
    expect(report?.notes).toEqual([
      `${idOf(theirs)}, and others maybe, are of another cluster of this name (kube-system other) than the newest (kube-system b1a2).`,
    ]);
  });

  test('of an empty store is a report', async () => {
    const { report } = await ran(createSketchedVault({ objects: [], contents: new Map() }), LIST);

    expect(report).toMatchObject({ healthy: false, summary: 'prod has no backups in s3://backups/.', tables: [] });
  });

  test('a store that does not answer, and none at all, end it with why', async () => {
    const vault = twoBackups();
    vault.failures.set('list', { code: 'store', message: 's3://backups/ refuses to list', store: 'refused' });
    const draft = await createStepHarness().plan(backups, LIST);

    expect(await evidence(vault, LIST)).toEqual(['backup-store block: s3://backups/ refuses to list']);
    expect(draft.checks).toMatchObject([{ id: 'applicable', verdict: 'block', title: 'No backups are configured' }]);
  });

  test('a store that stops answering after the plan ends the run', async () => {
    const vault = twoBackups();
    const harness = harnessFor(vault);
    const { steps } = await harness.plan(backups, LIST);
    vault.failures.set('list', { code: 'store', message: 'no answer', store: 'away' });

    expect(await harness.run(backups, steps)).toMatchObject({ reason: 'backups-unavailable', note: 'no answer.' });
  });
});

describe('holds', () => {
  test('one that is put while the backup is being removed is not said to hold it', async () => {
    const vault = twoBackups();
    const removing = {
      ...vault.vault,
      hold: async (...given: Parameters<SketchedVault['vault']['hold']>) => {
        const held = await vault.vault.hold(...given);
        const key = backupKey({ kind: 'manifest', cluster: CLUSTER, id: OLD });
        vault.store.objects.splice(
          0,
          vault.store.objects.length,
          ...vault.store.objects.filter((each) => each.key !== key),
        );
        return held;
      },
    };
    const { end } = await ran({ ...vault, vault: removing }, { ...LIST, hold: OLD, why: '' });

    expect(end).toMatchObject({ kind: 'stop', reason: 'backups-unavailable' });
    expect(end).toMatchObject({ note: expect.stringContaining(`${OLD} was being removed`) });
  });

  const hold: JsonObject = { ...LIST, hold: OLD, why: 'before the upgrade' };

  test('one is put, seen and released', async () => {
    const vault = twoBackups();
    const held = await ran(vault, hold);

    expect(vault.list().find(({ id }) => id === OLD)?.hold).toMatchObject({
      by: LIST['by'],
      why: 'before the upgrade',
    });
    expect(held.report?.notes[0]).toContain(`${OLD} is on hold by T0HOME/U0OPERATOR`);
    const released = await ran(vault, { ...LIST, release: OLD });

    expect(released.end).toMatchObject({ kind: 'done' });
    expect(vault.list().map((each) => each.hold)).toEqual([null, null]);
    expect(vault.calls).toEqual([`hold ${OLD}`, `release ${OLD}`]);
  });

  test('one that is there stays the one it is, and is told', async () => {
    const vault = twoBackups();
    await ran(vault, { ...hold, by: 'T0HOME/U0ANA' });
    const harness = harnessFor(vault);
    await harness.run(backups, (await harness.plan(backups, hold)).steps);

    expect(harness.words[0]).toMatch(/was on hold already, by T0HOME\/U0ANA since .*, and keeps that hold\.$/);
  });

  test('a store that takes it and does not show it is not believed', async () => {
    const vault = twoBackups();
    const lying = {
      ...vault.vault,
      facts: vault.vault.facts,
      hold: async () => await Promise.resolve({ ok: true, value: null } as const),
    };
    const harness = createStepHarness({ clock: createFakeClock(NOW_MS), extra: { backups: lying } });
    const { steps } = await harness.plan(backups, hold);

    expect(await harness.run(backups, steps)).toMatchObject({
      reason: 'backups-unavailable',
      note: `Not verified: the store shows no hold on ${OLD}.`,
    });
  });

  test('latest is the newest good one; what is not there is refused', async () => {
    const vault = twoBackups();
    await ran(vault, { ...LIST, hold: 'latest' });
    const absent = idOf('2025-01-01T00:00:00.000Z');

    expect(vault.calls).toEqual([`hold ${NEW}`]);
    expect(await evidence(vault, { ...LIST, hold: absent })).toEqual([
      `backup block: the store has no ${absent}; \`/kube backups prod\` lists what it has`,
    ]);
  });
});

describe('reading every file', () => {
  const verify: JsonObject = { ...LIST, verify: true };

  test('stores what it found, which is no drill', async () => {
    const vault = twoBackups();
    const { end, report } = await ran(vault, verify);

    expect(end).toMatchObject({ kind: 'done' });
    expect(vault.calls).toEqual([`check ${NEW}`, `recordDrill ${NEW}`, `check ${OLD}`, `recordDrill ${OLD}`]);
    expect(vault.list().map(({ drill }) => [drill?.how, drill?.result])).toEqual([
      ['read', 'passed'],
      ['read', 'passed'],
    ]);
    expect(report?.summary).toMatch(
      /^Every file of 2 backups was read and is as its manifest says\. prod has 2 backups/,
    );
  });

  test('a damaged one ends it after all were read, and counts as damaged from then on', async () => {
    const vault = twoBackups();
    vault.bad.set(NEW, { code: 'damaged', message: 'snapshot.db has another SHA-256 than its manifest says' });
    const { end } = await ran(vault, verify);

    expect(end).toMatchObject({
      reason: 'backup-damaged',
      note: `${NEW}: snapshot.db has another SHA-256 than its manifest says.`,
    });
    expect(vault.list().map(({ state }) => state)).toEqual(['damaged', 'good']);
  });

  test('one that retention removes, or begins to remove, while it is read is not called damaged', async () => {
    const gone = twoBackups();
    gone.bad.set(OLD, { code: 'damaged', message: 'there is no snapshot.db' });
    const check = async (...given: Parameters<SketchedVault['vault']['check']>) => {
      const left = gone.store.objects.filter(({ key }) => !key.includes(OLD));
      if (given[0].id === OLD) gone.store.objects.splice(0, gone.store.objects.length, ...left);
      return await gone.vault.check(...given);
    };
    const going = twoBackups();
    going.bad.set(OLD, { code: 'damaged', message: 'there is no snapshot.db' });
    const noted = async (...given: Parameters<SketchedVault['vault']['check']>) => {
      const key = backupKey({ kind: 'removal', cluster: CLUSTER, id: OLD, at: '2026-11-22_120000' });
      if (given[0].id === OLD) putJson(going.store, key, {});
      return await going.vault.check(...given);
    };
    const whole = { ...gone.vault, facts: gone.vault.facts, check };
    const begun = { ...going.vault, facts: going.vault.facts, check: noted };

    for (const vault of [Object.assign({}, gone, { vault: whole }), Object.assign({}, going, { vault: begun })]) {
      const { end } = await ran(vault, verify);
      expect(end).toMatchObject({
        reason: 'backups-unavailable',
        note: `${OLD}: it was removed while it was read.`,
      });
      expect(vault.calls).toEqual([`check ${NEW}`, `recordDrill ${NEW}`, `check ${OLD}`]);
    }
  });

  test('what could not be read is not called damaged', async () => {
    const vault = twoBackups();
    vault.bad.set(OLD, { code: 'store', message: 'no answer', store: 'away' });
    const { end } = await ran(vault, verify);

    expect(end).toMatchObject({ reason: 'backups-unavailable', note: `${OLD}: it could not be read: no answer.` });
    expect(vault.list().map(({ state }) => state)).toEqual(['good', 'good']);
  });

  test('a worker that is told to stop is followed by one that reads at most the last minute again', async () => {
    const vault = twoBackups();
    const harness = harnessFor(vault);
    const { steps } = await harness.plan(backups, verify);
    let died = false;
    const dying = { ...vault.vault, facts: vault.vault.facts };
    dying.check = async (manifest, call) => {
      if (manifest.id === OLD && !died) {
        died = true;
        beside.shutDown();
      }
      return await vault.vault.check(manifest, call);
    };
    const beside = createStepHarness({ clock: createFakeClock(NOW_MS), extra: { backups: dying } });
    const end = await beside.run(backups, steps);

    expect(end).toMatchObject({ kind: 'done' });
    expect(beside.deaths()).toBe(1);
    expect(vault.calls.filter((call) => call === `check ${NEW}`)).toHaveLength(2);
  });
});
