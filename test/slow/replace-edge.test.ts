import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { type ListedMember, throughAny } from '../../playground/etcd-membership.ts';
import { damageLog } from '../../playground/faults/wal.ts';
import { HOST_FACTS } from '../../playground/hosts/host.ts';
import { platformOfHosts } from '../../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../../playground/hosts/host-ring.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { type RingWriter, startRingWriter, WRITER_PREFIX } from '../support/ring-writer.ts';
import { createRunbookScene, type RunbookScene } from '../support/runbook-scene.ts';

/** The whole of a replacement on a bare ring: real etcd, hosts by ssh, gates, while somebody writes all the time. */
let ring: HostRing;
let directory: string;
let scene: RunbookScene;
let writer: RingWriter;
const built: string[] = [];
/** What happens at a gate before the host is built. */
let meanwhile: () => Promise<void> = async () => await Promise.resolve();
const LONG = 150_000;

beforeAll(async () => {
  directory = await makeTemporaryDirectory('replace-edge');
  ring = await startHostRing({ binary: BINARY_3_5, quotaBytes: 64 * 1024 * 1024, restartMs: 1_000 });
  const settings = { defrag: { sample: '500ms' }, replace: { watch: '3s', joined: '1m', caughtUp: '1m' } };
  const store = join(directory, 'store');
  await mkdir(store);
  scene = createRunbookScene(
    { ...platformOfHosts('edge', ring, settings).entry, backups: { store: { type: 'file', path: store } } },
    {
      async workOutside() {
        await meanwhile();
        built.push((await ring.build()).name);
      },
    },
  );
  writer = startRingWriter(ring);
}, LONG);

afterAll(async () => {
  await writer.stop();
  await scene.close();
  await ring.stop();
  await removeDirectory(directory);
});

async function replace(name: string, peerUrl: string | null = null, overHealthy = false): Promise<RunState> {
  const target = { kind: 'member', name };
  return await scene.run('etcd-replace', { target, backup: null, overHealthy, peerUrl, by: 'T0HOME/U0OPERATOR' });
}

async function voters(): Promise<readonly string[]> {
  const running = ring.members.filter((each) => each.pid() !== undefined).map((each) => each.clientUrl);
  const listed = await throughAny(running, ring.tls, (membership) => membership.list());
  return listed.map(roleOf).toSorted();
}

function roleOf({ name, isLearner }: ListedMember): string {
  return isLearner ? `${name} learner` : name;
}

/** Keys of the writer that this member has itself. */
function keysOf(name: string): ReadonlySet<string> {
  const { clientUrl } = ring.member(name);
  const { ca, cert, key } = ring.tls;
  const output = execFileSync(
    `${BINARY_3_5}ctl`,
    [
      `--endpoints=${clientUrl}`,
      `--cacert=${ca}`,
      `--cert=${cert}`,
      `--key=${key}`,
      'get',
      '--prefix',
      '--keys-only',
      WRITER_PREFIX,
    ],
    { encoding: 'utf8', maxBuffer: 64 << 20, env: { PATH: process.env['PATH'], ETCDCTL_API: '3' } },
  );
  return new Set(output.split('\n').filter((line) => line !== ''));
}

function nothingIsLost(names: readonly string[]): void {
  const acknowledged = [...writer.acknowledged];
  expect(acknowledged.length).toBeGreaterThan(50);
  for (const name of names) {
    const has = keysOf(name);
    expect(acknowledged.filter((key) => !has.has(key))).toEqual([]);
  }
}

/** How many backups are whole: their manifest is written last. */
async function backupsIn(): Promise<number> {
  return (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('manifest.json')).length;
}

test(
  'crash-looping: replaced in place by ssh, its data kept, no write lost',
  async () => {
    const host = ring.host('m-2');
    await host.service.stop();
    await damageLog(host.path(HOST_FACTS.dataDirectory));
    await host.service.start();
    await expect.poll(() => host.service.status().restarts, { timeout: 60_000 }).toBeGreaterThan(1);

    const run = await replace('m-2');

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(await voters()).toEqual(['m-1', 'm-2', 'm-3']);
    expect(existsSync(host.path(`${HOST_FACTS.dataDirectory}/old-${run.id}/snap/db`))).toBe(true);
    nothingIsLost(['m-1', 'm-2', 'm-3']);
  },
  LONG,
);

test(
  'its machine is gone: a person builds another one at a new address, and the run goes on by itself',
  async () => {
    await ring.host('m-3').powerOff();

    const run = await replace('m-3', ring.nextPlace().peerUrl);

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(built).toEqual(['m-4']);
    expect(await voters()).toEqual(['m-1', 'm-2', 'm-4']);
    nothingIsLost(['m-1', 'm-2', 'm-4']);
  },
  LONG,
);

test(
  'the member that leads is gone: built anew at its old address',
  async () => {
    const leader = await ring.leader();
    await ring.host(leader.name).powerOff();

    const run = await replace(leader.name);

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(built).toEqual(['m-4', leader.name]);
    expect(await voters()).toEqual(['m-1', 'm-2', 'm-4']);
    nothingIsLost(['m-1', 'm-2', 'm-4']);
  },
  LONG,
);

test(
  'a second member stops answering before the removal: the run stops, and nothing was removed',
  async () => {
    const before = await backupsIn();
    const leader = await ring.leader();
    const [sick, second] = ring.members.filter((each) => each.name !== leader.name && each.name !== 'm-3');
    await ring.host(sick?.name ?? '').powerOff();

    const running = replace(sick?.name ?? '');
    await expect.poll(backupsIn, { timeout: 100_000 }).toBe(before + 1);
    second?.pause();
    const run = await running;
    second?.resume();

    expect(run.ended).toMatchObject({ outcome: 'failed', reason: 'second-member-sick' });
    expect(run.acts).toEqual([]);
    await ring.host(sick?.name ?? '').powerOn();
    await ring.waitHealthy(60_000);
    expect(await voters()).toEqual(['m-1', 'm-2', 'm-4']);
  },
  LONG,
);

test(
  'a second member freezes for a while after the removal: the run waits, and goes on when it is back',
  async () => {
    const leader = await ring.leader();
    const [sick, second] = ring.members.filter((each) => each.name !== leader.name && each.name !== 'm-3');
    await ring.host(sick?.name ?? '').powerOff();
    meanwhile = async () => {
      second?.pause();
      // Of two voters one is left: nobody is healthy without a quorum.
      await expect.poll(async () => await leader.healthy(), { timeout: 60_000 }).toBe(false);
      second?.resume();
      await ring.waitHealthy(60_000);
    };

    const run = await replace(sick?.name ?? '');

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(await voters()).toEqual(['m-1', 'm-2', 'm-4']);
    nothingIsLost(['m-1', 'm-2', 'm-4']);
  },
  LONG,
);

test(
  'a planned swap of the leader: the new member first, then leadership moves, then the old one goes',
  async () => {
    meanwhile = async () => await Promise.resolve();
    const before = await voters();
    const leader = await ring.leader();
    const next = ring.nextPlace();

    const run = await replace(leader.name, next.peerUrl, true);

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(await voters()).toEqual([...before.filter((name) => name !== leader.name), next.name].toSorted());
    // The old process is stopped, so that it does not come back as a member that nobody knows.
    expect(ring.host(leader.name).service.status()).toMatchObject({ active: 'inactive' });
    nothingIsLost([next.name]);
  },
  LONG,
);
