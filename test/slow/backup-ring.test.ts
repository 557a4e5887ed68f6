import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { createDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import { phaseOf } from '../../src/core/run-state.ts';
import { activateNospace, addLearner } from '../contract/etcd/raw.ts';
import { BINARY_3_4, tlsOf } from '../contract/etcd/real-ring.ts';
import { CALL, leaderAndFollowers, memberOf, ok } from '../contract/etcd/ring-under-test.ts';
import { type Cut, standing, withCuts } from '../support/backup-cuts.ts';
import { BACKUP, type FaultScene, filesIn, listedIn, saidBy, startFaultScene } from '../support/backup-fault-scene.ts';
import { type BackupWorld, vaultOf, type WorldWraps } from '../support/backup-world.ts';

const DAY_MS = 86_400_000;
const PATIENCE = { timeout: 120_000 };
vi.setConfig({ testTimeout: 300_000 });

let scene: FaultScene;
let port: EtcdPort;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  scene = await startFaultScene(BINARY_3_4, 24);
  port = createDirectEtcd({ endpoints: scene.ring.endpoints, tls: await tlsOf(scene.ring) });
}, 180_000);
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await port.close();
  await scene.close();
});

/** A worker in this process, over an empty folder; it ends with the test. */
async function workerOver(wraps: WorldWraps = {}, world?: BackupWorld): Promise<BackupWorld> {
  const its = world ?? scene.world(await scene.place());
  ends.push(await scene.here(its, wraps));
  return its;
}

function of(member: string): typeof BACKUP {
  return { ...BACKUP, params: { ...BACKUP.params, member } };
}

function atCut(cut: Cut, act: () => Promise<void>): WorldWraps {
  return { store: (store) => withCuts(store, async (at) => (at === cut ? await act() : undefined)) };
}

/** Who gave the newest backup. */
async function giverIn(world: BackupWorld): Promise<string> {
  return (await listedIn(world))[0]?.manifest?.member.name ?? 'nobody';
}

const DEFRAG = {
  runbook: 'etcd-defrag',
  params: { members: [], all: true, moveLeader: false, pauseMs: 0 },
} as const;
const HELD = { outcome: 'blocked', reason: 'lock-held' };

describe('locks', () => {
  test('while a snapshot is open, a second backup and a defragmentation are refused, and one that waits has its turn (T2)', async () => {
    const stand = standing();
    const world = await workerOver(atCut('upload', stand.here));
    const first = await scene.ask(BACKUP);
    await stand.reached;

    expect((await scene.run(BACKUP)).ended).toMatchObject(HELD);
    expect((await scene.run(DEFRAG)).ended).toMatchObject(HELD);
    const waiting = await scene.ask({ ...BACKUP, wait: true });
    await expect.poll(async () => phaseOf(await scene.state(waiting)), PATIENCE).toBe('waiting-for-lock');
    stand.letGo();

    for (const run of [first, waiting]) expect((await scene.ended(run)).ended).toMatchObject({ outcome: 'succeeded' });
    expect((await listedIn(world)).map(({ state }) => state)).toEqual(['good', 'good']);
  });

  test('while members are defragmented no backup is taken', async () => {
    const stand = standing();
    const world = await workerOver({
      etcd: (etcd) => ({
        ...etcd,
        defragment: async (...given) => {
          await stand.here();
          return await etcd.defragment(...given);
        },
      }),
    });
    const run = await scene.ask(DEFRAG);
    const ended = scene.ended(run);
    await stand.reached;

    expect((await scene.run(BACKUP)).ended).toMatchObject(HELD);
    expect(await filesIn(world)).toEqual([]);
    stand.letGo();
    expect((await ended).ended).toMatchObject({ outcome: 'succeeded' });
  });
});

test('a member that somebody else defragments is not chosen: another gives it', async () => {
  const stand = { letGo: (): void => undefined };
  // Looking at a member that does not answer takes its time: nobody has to when the backup is there.
  const world = await workerOver(atCut('published', async () => await Promise.resolve(stand.letGo())));
  await scene.run(BACKUP);
  const usual = await memberOf(port, await giverIn(world));
  const other = standing();
  stand.letGo = other.letGo;
  // A defragmentation waits for open snapshots: so this one lasts as long as the test wants.
  const open = port.snapshot(usual, async () => await other.here(), { timeoutMs: 120_000, stallMs: 120_000 });
  await other.reached;
  const defragmenting = port.defragment(usual, { timeoutMs: 120_000 });
  await waitFor('the member to be busy', async () => !(await port.status(usual, { timeoutMs: 500 })).ok);

  const { ended } = await scene.run(BACKUP);
  other.letGo();
  await Promise.all([open, defragmenting]);

  expect(ended).toMatchObject({ outcome: 'succeeded' });
  const { followers } = await leaderAndFollowers(port);
  expect(followers.map(({ name }) => name).filter((name) => name !== usual.name)).toEqual([await giverIn(world)]);
});

test('the giver comes to lead in the middle of the stream: what is stored is whole all the same', async () => {
  const { leader, followers } = await leaderAndFollowers(port);
  const [giver] = followers;
  if (giver === undefined) throw new Error('too few members');
  const world = await workerOver(atCut('upload', async () => void ok(await port.moveLeader(leader, giver.id, CALL))));

  const { ended } = await scene.run(of(giver.name));

  expect(ended).toMatchObject({ outcome: 'succeeded' });
  expect((await scene.ring.leader()).name).toBe(giver.name);
  const [backup] = await listedIn(world);
  expect(backup).toMatchObject({ state: 'good', manifest: { member: { name: giver.name } } });
  if (backup?.manifest === null || backup === undefined) throw new Error('it has no manifest');
  const { signal } = new AbortController();
  expect(await vaultOf(world).check(backup.manifest, { signal })).toEqual({ ok: true, value: null });
});

/** A worker in this process, and what happens to the first member that begins to give. */
async function disturbing(disturb: (member: string) => Promise<void>, stallMs?: number) {
  const disturbed: string[] = [];
  const world = await workerOver({
    etcd: (etcd) => ({
      ...etcd,
      snapshot: async (member, write, call) =>
        await etcd.snapshot(
          member,
          async (chunk) => {
            if (disturbed.length === 0) {
              disturbed.push(member.name);
              await disturb(member.name);
            }
            await write(chunk);
          },
          stallMs === undefined ? call : { ...call, stallMs },
        ),
    }),
  });
  return { world, who: () => disturbed[0] ?? 'nobody' };
}

describe('a giver that is killed in the middle of the stream', () => {
  afterEach(async () => {
    for (const member of scene.ring.members) await member.start();
    await scene.ring.waitHealthy(120_000);
  });

  test('another one gives the backup, and nothing is left of the first try', async () => {
    const { world, who } = await disturbing(async (member) => await scene.ring.member(member).kill());

    const run = await scene.run(BACKUP);

    expect(run.ended, saidBy(run)).toMatchObject({ outcome: 'succeeded' });
    expect(saidBy(run)).toContain(`The snapshot of ${who()} was not stored`);
    expect(await listedIn(world)).toMatchObject([{ state: 'good' }]);
    expect(await giverIn(world)).not.toBe(who());
    expect((await filesIn(world)).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
  });

  test('when it was named, there is no backup, and nothing is left', async () => {
    const [giver] = (await leaderAndFollowers(port)).followers;
    const { world, who } = await disturbing(async (member) => await scene.ring.member(member).kill());

    const run = await scene.run(of(giver?.name ?? ''));

    expect(run.ended).toMatchObject({ outcome: 'failed', reason: 'snapshot-incomplete' });
    expect(who()).toBe(giver?.name);
    expect(saidBy(run)).toContain(`The snapshot of ${who()} was not stored`);
    expect(await filesIn(world)).toEqual([]);
  });
});

test('a member that somebody begins to defragment while a slow store takes its snapshot is let go, and another gives it', async () => {
  const begun: Promise<unknown>[] = [];
  const { world, who } = await disturbing(async (name) => {
    begun.push(port.defragment(await memberOf(port, name), { timeoutMs: 120_000 }));
    // A store that takes nothing more: the stream would stay open, and the member silent.
    await new Promise(() => undefined);
  });

  const run = await scene.run(BACKUP);

  expect(run.ended, saidBy(run)).toMatchObject({ outcome: 'succeeded' });
  expect(saidBy(run)).toContain(`The snapshot of ${who()} was not stored`);
  expect(await giverIn(world)).not.toBe(who());
  // Nothing held it up any longer.
  expect(await Promise.all(begun)).toEqual([{ ok: true, value: null }]);
});

/** Changes what a snapshot brings. `null`: that chunk is left out. */
type Edit = (bytes: Uint8Array, at: number, remaining: number) => Uint8Array | null;
const EDITS = {
  'a byte flipped': (bytes, at) => (at === 3 ? bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte)) : bytes),
  'the hash at its end dropped': (bytes, _at, remaining) => (remaining === 0 && bytes.length === 32 ? null : bytes),
  'its second half missing': (bytes, at) => (at < 300 ? bytes : null),
} satisfies Readonly<Record<string, Edit>>;

describe('a snapshot that is not what etcd has leaves nothing in the store (T10)', () => {
  test.each(Object.entries<Edit>(EDITS))('%s', async (_what, edit) => {
    const world = await workerOver({
      etcd: (etcd) => ({
        ...etcd,
        snapshot: async (member, write, call) => {
          let at = 0;
          const edited: typeof write = async ({ bytes, remainingBytes }) => {
            const other = edit(bytes, at, remainingBytes);
            at += 1;
            if (other !== null) await write({ bytes: other, remainingBytes });
          };
          return await etcd.snapshot(member, edited, call);
        },
      }),
    });
    expect((await scene.run(BACKUP)).ended).toMatchObject({ outcome: 'failed', reason: 'snapshot-damaged' });
    expect(await filesIn(world)).toEqual([]);
  });

  test('a member that stands still in the middle', async () => {
    const [giver] = (await leaderAndFollowers(port)).followers;
    const { world, who } = await disturbing(async (name) => {
      scene.ring.member(name).pause();
      await Promise.resolve();
    }, 2000);
    const run = await scene.run(of(giver?.name ?? ''));
    scene.ring.member(who()).resume();
    await scene.ring.waitHealthy(120_000);

    expect(run.ended, saidBy(run)).toMatchObject({ outcome: 'failed', reason: 'snapshot-incomplete' });
    expect(saidBy(run)).toContain(`The snapshot of ${who()} was not stored`);
    expect(await filesIn(world)).toEqual([]);
  });
});

test('clocks that differ: the backup that was just verified is kept, and so is one from the future (T25)', async () => {
  const place = await scene.place();
  const taken: (string | undefined)[] = [];
  for (const aheadMs of [4 * DAY_MS, 0, 2 * DAY_MS]) {
    const world = scene.world(place, { aheadMs });
    const end = await scene.here(world);
    const known = new Set(taken);
    expect((await scene.run(BACKUP)).ended).toMatchObject({ outcome: 'succeeded' });
    taken.push((await listedIn(world)).find(({ id }) => !known.has(id))?.id);
    await end();
  }
  const [future, older, verified] = taken;
  expect(await listedIn(scene.world(place))).toMatchObject([
    { id: future, state: 'good', mark: null },
    { id: verified, state: 'good', mark: null },
    { id: older, state: 'good', mark: { version: 1 } },
  ]);
});

test('the leader, a member with an alarm and a learner give none (T11)', async () => {
  const world = await workerOver();
  const { leader, followers } = await leaderAndFollowers(port);
  const [alarmed, other] = followers;
  if (alarmed === undefined || other === undefined) throw new Error('too few members');
  const named = await scene.run(of(leader.name));
  expect(named.ended).toMatchObject({ outcome: 'blocked', reason: 'check-blocked' });
  const [endpoint = ''] = scene.ring.endpoints;
  await activateNospace(endpoint, scene.ring.tls, alarmed.id);

  const run = await scene.run(BACKUP);
  expect(run.ended).toMatchObject({ outcome: 'succeeded' });
  expect(await giverIn(world)).toBe(other.name);
  expect(saidBy(run)).toContain('A NOSPACE alarm was active: a restored database brings it along.');
  for (const alarm of ok(await port.alarms(CALL))) ok(await port.disarm(alarm, CALL));

  await addLearner(endpoint, scene.ring.tls, 'https://127.0.0.1:1');
  expect((await scene.run(BACKUP)).ended).toMatchObject({ outcome: 'succeeded' });
  const [newest] = await listedIn(world);
  expect(newest?.manifest?.members.filter(({ learner }) => learner)).toHaveLength(1);
  expect(followers.map(({ name }) => name)).toContain(await giverIn(world));
});
