import { describe, expect, test } from 'vitest';
import { backupNotes } from '../../../jobs/status/backup-notes.ts';
import type { BackupManifest } from '../../../src/core/backup/manifest.ts';
import type { BackupVault, VaultError } from '../../../src/core/ports/backup-vault.ts';
import { watchBackups } from '../../../src/engine/backup-watch.ts';
import { orderOf, snapshotFile, valueOf } from '../../contract/backup-vault/samples.ts';
import { createFakeBackupVault, type FakeBackupVault } from '../../fakes/backup-vault.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { operator, silentLog } from '../../support/engine-harness.ts';
import { DONE, driveScript } from '../../support/scripted-runbook.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const AWAY: VaultError = { code: 'store', message: 's3://backups/ is away', store: 'away' };
const { signal } = new AbortController();

interface WatchScene extends ControlScene {
  readonly vault: FakeBackupVault;
  /** One look, and one round of the keeper behind it. Answers when to look again, ms. */
  look(): Promise<number>;
  /** Looks as it is asked to, for so long. */
  lookFor(ms: number): Promise<void>;
  /** Takes a backup now. */
  take(): Promise<BackupManifest>;
  /** Titles of what the channel was told, and forgets them. */
  heard(): readonly string[];
}

function watchScene(times: readonly number[] = []): WatchScene {
  const scene = createControlScene(times);
  const { clock } = scene.harness;
  const vault = createFakeBackupVault(clock);
  const made: WatchScene = {
    ...scene,
    vault,
    look: async () => {
      const againMs = await lookAt(scene, vault);
      await scene.keep();
      return againMs;
    },
    lookFor: async (ms) => {
      const endMs = clock.nowMs() + ms;
      while (clock.nowMs() < endMs) await clock.advance(await made.look());
    },
    take: async () => {
      const createdAt = clock.nowIso();
      const file = valueOf(await vault.take(orderOf(idOf(createdAt), snapshotFile(8)), { signal }));
      return valueOf(await vault.publish(bodyOf(createdAt, { files: [file] }), { signal }));
    },
    heard: () => scene.told.splice(0).map(({ title }) => title),
  };
  return made;
}

async function lookAt({ harness, store }: ControlScene, vault: BackupVault, stop = signal): Promise<number> {
  const { clock, admission } = harness;
  const watched = { cluster: 'prod', opsChannel: 'C0OPS', maxAgeMs: DAY_MS, vault };
  return await watchBackups({ clock, log: silentLog, admission, store }, watched, stop);
}

async function passDrill({ vault, harness }: WatchScene, id: string, result: 'passed' | 'failed' = 'passed') {
  const record = { version: 1, at: harness.clock.nowIso(), run: 'drill-prod-2a2a', how: 'drill', result } as const;
  valueOf(await vault.recordDrill(id, { ...record, found: '811 keys, not 812' }, { signal }));
}

/** What status says of the backups, in a step of the engine. */
async function statusNotes(scene: WatchScene): Promise<readonly string[]> {
  const { vault, script } = scene;
  const notes: string[] = [];
  script.run = async (context) => {
    const backups = { maxAgeMs: DAY_MS, retention: { keepLast: 14, maxAgeMs: null } };
    const { cluster, ports } = context;
    const asked = { ...context, cluster: { ...cluster, backups }, ports: { ...ports, backups: vault } };
    notes.push(...(await backupNotes(asked)));
    return DONE;
  };
  await driveScript(scene);
  return notes;
}

const NEED = 'The backups of prod need attention';
const STILL = 'The backups of prod still need attention';
const AGAIN = 'The backups of prod are in order again';

describe('what the operations channel is told', () => {
  test('no backup, then one that was never drilled, one that was, and one that grows old', async () => {
    const scene = watchScene();
    expect(await scene.look()).toBe(15 * MINUTE_MS);
    expect(scene.told).toEqual([]);
    await scene.harness.clock.advance(15 * MINUTE_MS);
    expect(await scene.look()).toBe(HOUR_MS);
    expect(scene.told).toMatchObject([{ channel: 'C0OPS', title: NEED }]);
    expect(scene.told[0]?.lines[0]).toBe('prod has no good backup. Take one: `/kube backup prod`.');
    expect(scene.heard()).toEqual([NEED]);

    const { id } = await scene.take();
    await scene.lookFor(2 * HOUR_MS);
    expect(scene.told[0]?.lines[0]).toContain('No backup of prod was ever restored in a drill');
    expect(scene.heard()).toEqual([NEED]);

    await passDrill(scene, id);
    await scene.lookFor(2 * HOUR_MS);
    expect(scene.heard()).toEqual([AGAIN]);

    await scene.lookFor(DAY_MS);
    expect(scene.told[0]?.lines[0]).toContain('The newest good backup of prod is 24 h');
    expect(scene.heard()).toEqual([NEED]);
    await scene.lookFor(2 * DAY_MS);
    expect(scene.heard()).toEqual([STILL, STILL]);
    expect((await scene.audited()).filter((action) => action.startsWith('backup'))).toEqual([
      'backup-advice',
      'backup-advice',
      'backup-advice-over',
      'backup-advice',
    ]);
  });

  test('a damaged backup and a failed drill, by their ids', async () => {
    const scene = watchScene();
    const first = await scene.take();
    await scene.harness.clock.advance(MINUTE_MS);
    const second = await scene.take();
    await scene.harness.clock.advance(MINUTE_MS);
    const third = await scene.take();
    await passDrill(scene, first.id, 'failed');
    await passDrill(scene, third.id);
    valueOf(await scene.vault.remove({ ...(await listed(scene, second.id)), id: second.id }, { signal }));
    scene.vault.damage(`${third.id}/manifest.json`);
    await scene.lookFor(HOUR_MS);

    const said = scene.told[0]?.lines.join('\n') ?? '';
    expect(said).toContain(`The drill of ${first.id} failed: 811 keys, not 812.`);
    expect(said).toContain(`Backup ${third.id} of prod is damaged`);
    expect(said).not.toContain(second.id);
  });

  test('a store that is away: not at once, then once, and that it is back', async () => {
    const scene = watchScene();
    await passDrill(scene, (await scene.take()).id);
    await scene.look();
    scene.vault.failNext('list', AWAY);
    await scene.look();
    await scene.lookFor(HOUR_MS);
    expect(scene.heard()).toEqual([]);
    for (let time = 0; time < 3; time += 1) scene.vault.failNext('list', AWAY);
    for (let time = 0; time < 3; time += 1) {
      await scene.look();
      await scene.harness.clock.advance(15 * MINUTE_MS);
    }
    expect(scene.told[0]?.lines[0]).toContain('cannot be looked at, so what there is now is not known: s3://backups/');
    expect(scene.heard()).toEqual([NEED]);
    await scene.lookFor(2 * HOUR_MS);
    expect(scene.heard()).toEqual([AGAIN]);
  });

  test('a store that never answers is given up after five minutes, and told like one that is away', async () => {
    const scene = watchScene();
    const { clock } = scene.harness;
    const hangs = { ...scene.vault, list: async () => await new Promise<never>(() => undefined) };
    const looking = lookAt(scene, hangs);
    await clock.advance(5 * MINUTE_MS);

    expect(await looking).toBe(15 * MINUTE_MS);
    expect(clock.sleepers()).toBe(0);
    expect((await scene.control.read('backups', 'prod'))?.value).toMatchObject({ pending: [{ key: 'unseen' }] });
  });

  test('a look that is cut short stores nothing', async () => {
    const scene = watchScene();
    await lookAt(scene, scene.vault, AbortSignal.abort());
    expect(await scene.control.read('backups', 'prod')).toBeNull();
  });

  test.each([
    ['an hourly schedule, two hours after the last backup', HOUR_MS, 2 * HOUR_MS + 20 * MINUTE_MS, true],
    ['a daily schedule whose backup is just being taken', DAY_MS, DAY_MS + 45 * MINUTE_MS, false],
    ['a daily schedule whose backup did not come', DAY_MS, DAY_MS + 2 * HOUR_MS, true],
  ])('with %s', async (_what, everyMs, ageMs, isTold) => {
    const scene = watchScene(Array.from({ length: 40 }, (_, index) => (index + 1) * everyMs));
    await scene.as(operator.user).schedule({ ...VALVE_SCHEDULE, command: 'backup' });
    await passDrill(scene, (await scene.take()).id);
    await scene.harness.clock.advance(ageMs - 16 * MINUTE_MS);
    await scene.look();
    await scene.harness.clock.advance(16 * MINUTE_MS);
    await scene.look();
    const notes = await statusNotes(scene);
    expect(scene.heard().includes(NEED)).toBe(isTold);
    expect(notes.some((note) => note.startsWith('The newest good backup of prod is'))).toBe(isTold);
  });
});

describe('told once', () => {
  test.each(['before', 'after'] as const)('when the worker dies %s its write', async (when) => {
    const scene = watchScene();
    await scene.look();
    await scene.harness.clock.advance(15 * MINUTE_MS);
    scene.control.failures.failNext('write', when);
    await expect(scene.look()).rejects.toThrow('write: the');
    await scene.look();
    await scene.look();
    expect(scene.heard()).toEqual([NEED]);
    expect((await scene.audited()).filter((action) => action === 'backup-advice')).toHaveLength(1);
  });

  test('when a record cannot be read, it is made anew', async () => {
    const scene = watchScene();
    scene.control.spoil('backups', 'prod', '{"cluster":');
    await scene.lookFor(2 * HOUR_MS);
    expect(scene.heard()).toEqual([NEED]);
  });
});

describe('what takes that died left behind', () => {
  test('is removed when it is a day old, which is logged and audited', async () => {
    const scene = watchScene();
    const asked: string[] = [];
    const vault = {
      ...scene.vault,
      sweep: async (begunBefore: string) => {
        asked.push(begunBefore);
        return await Promise.resolve({ ok: true as const, value: 2 });
      },
    };
    await lookAt(scene, vault);

    expect(asked).toEqual([new Date(scene.harness.clock.nowMs() - DAY_MS).toISOString()]);
    const [entry] = (await scene.store.auditEntries(0, 10)).map((each) => each.entry);
    expect(entry).toMatchObject({ action: 'backup-sweep', actor: null, cluster: 'prod', detail: { removed: 2 } });
  });

  test('and cannot be removed holds up no look', async () => {
    const scene = watchScene();
    scene.vault.failNext('sweep', AWAY);
    scene.vault.failNext('sweep', AWAY);
    await scene.look();
    await scene.harness.clock.advance(HOUR_MS);
    await scene.look();
    expect(scene.heard()).toEqual([NEED]);
  });
});

async function listed({ vault }: WatchScene, id: string) {
  const found = valueOf(await vault.list({ signal })).find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}
