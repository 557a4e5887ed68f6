import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDrill } from '../../src/adapters/drill/drill.ts';
import { createSocketEtcd } from '../../src/adapters/etcd/direct.ts';
import type { DrillFindings, DrillOrder, DrillResult } from '../../src/core/ports/drill.ts';
import { installScripts } from '../contract/drill/scripted.ts';
import { createRealClock } from '../support/real-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const WORKER = fileURLToPath(new URL('../contract/drill/worker.ts', import.meta.url));
const PATIENCE = { timeout: 60_000 };

let folder: string;
let programs: string;
beforeEach(async () => {
  const base = await mkdtemp(join(tmpdir(), 'drydock-faults-'));
  folder = join(base, 'drills');
  programs = join(base, 'programs');
});
afterEach(async () => await rm(join(folder, '..'), { recursive: true, maxRetries: 5 }));

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

function drill(
  more: Partial<DrillOrder> = {},
  signal = new AbortController().signal,
): Promise<DrillResult<DrillFindings>> {
  const port = createDrill({
    folder,
    searchIn: [programs],
    path: '',
    etcdAt: createSocketEtcd,
    clock: createRealClock(),
    log: createRecordingLog(),
  });
  const order = { id: 'prod-20261122005130-7f3k', version: '3.5.1', sizeBytes: 6, revision: '1' };
  return port.restore({ ...order, content: pieces('sec', 'ret'), ...more }, { signal });
}

/** Numbers of the processes that work in a folder of drills. */
async function workingIn(): Promise<readonly string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(
    numbers.map(async (pid) => ({ pid, place: await readlink(`/proc/${pid}/cwd`).catch(() => '') })),
  );
  return places.filter(({ place }) => place.startsWith(`${folder}/`)).map(({ pid }) => pid);
}

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(folder)).toEqual([]);
  expect(await workingIn()).toEqual([]);
}

test.each([
  ['content that ends early', { sizeBytes: 7 }, 'content-failed', /^The snapshot came with 6 bytes instead of 7$/],
  ['content that does not end', { sizeBytes: 5 }, 'content-failed', /more than 5 bytes/],
  ['more than the disk has', { sizeBytes: 2 ** 52 }, 'no-room', /^This worker has .* free in .* needs /],
] as const)('%s', async (_, more, code, message) => {
  await installScripts(programs, { etcd: 'exit 1', restore: 'exit 0' });
  expect(await drill(more)).toEqual({ ok: false, error: { code, message: expect.stringMatching(message) } });
  await expectNothingLeft();
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('sec'));
  throw new Error('the store closed the connection');
}

test('content that fails is told in its own words', async () => {
  await installScripts(programs, { etcd: 'exit 1', restore: 'exit 0' });
  expect(await drill({ content: failing() })).toEqual({
    ok: false,
    error: { code: 'content-failed', message: 'the store closed the connection' },
  });
  await expectNothingLeft();
});

test.each([
  ['exit 1', 'failed', /^The program that restores ended: it said nothing$/],
  ['echo "panic: page 3 already freed" >&2; exit 2', 'refused', /: panic: page 3 already freed$/],
  ['echo "Error: expected sha256 [1], got [2]" >&2; exit 1', 'refused', /: Error: expected sha256 \[1\], got \[2\]$/],
  ['echo "write: no space left on device" >&2; exit 1', 'no-room', /full/],
  ['kill -KILL $$', 'failed', /was killed/],
  ['kill -BUS $$', 'failed', /was ended by signal 7$/],
  ['echo "mmap: cannot allocate memory" >&2; exit 1', 'failed', /for want of something on this worker: mmap/],
] as const)('a restore that does "%s"', async (restore, code, message) => {
  await installScripts(programs, { etcd: 'exit 1', restore });
  expect(await drill()).toEqual({ ok: false, error: { code, message: expect.stringMatching(message) } });
  await expectNothingLeft();
});

test.each([
  [
    'echo "panic: freepages: failed to get all reachable pages" >&2; echo "goroutine 1" >&2; exit 2',
    'not-started',
    /ended: panic: freepages/,
  ],
  ['echo \'{"level":"fatal","msg":"discovery failed","error":"x"}\' >&2; exit 1', 'failed', /: discovery failed: x$/],
  ['kill -KILL $$', 'failed', /was killed/],
  ['kill -TERM $$', 'failed', /was ended by signal 15$/],
  ['echo "runtime: failed to create new OS thread; bbolt" >&2; exit 2', 'failed', /for want of something/],
] as const)('an etcd that does %s', async (etcd, code, message) => {
  await installScripts(programs, { etcd, restore: 'exit 0' });
  expect(await drill()).toEqual({ ok: false, error: { code, message: expect.stringMatching(message) } });
  await expectNothingLeft();
});

test('the snapshot and its folder are for this user only, etcd gets no environment of ours, and the file goes once it is restored', async () => {
  const seen = join(folder, '..', 'seen');
  await installScripts(programs, {
    restore: `stat -c '%a' . "$3" > ${seen}; env >> ${seen}`,
    etcd: `ls >> ${seen}; exit 3`,
  });
  process.env['DRYDOCK_TEST_SECRET'] = 'hunter2';
  try {
    await drill();
  } finally {
    delete process.env['DRYDOCK_TEST_SECRET'];
  }
  const lines = (await readFile(seen, 'utf8')).split('\n');
  expect(lines.slice(0, 2)).toEqual(['700', '600']);
  expect(lines).toContain('ETCDCTL_API=3');
  expect(lines).toContain('owner.json');
  expect(lines.join(' ')).not.toMatch(/hunter2|snapshot\.db$/m);
  expect(lines).not.toContain('snapshot.db');
});

test.each([
  ['while the content comes', 'content'],
  ['while it is restored', 'restore'],
  ['while etcd starts', 'etcd'],
] as const)('cancelled %s: nothing is left, and no process', async (_, at) => {
  const reached = join(folder, '..', 'reached');
  const stand = `touch ${reached}; exec sleep 600`;
  await installScripts(programs, { etcd: stand, restore: at === 'restore' ? stand : 'exit 0' });
  async function* standing(): AsyncGenerator<Uint8Array> {
    await writeFile(reached, '');
    await new Promise(() => undefined);
    yield Buffer.from('never');
  }
  const controller = new AbortController();
  const result = drill(at === 'content' ? { content: standing() } : {}, controller.signal);
  await expect.poll(() => existsSync(reached), PATIENCE).toBe(true);
  controller.abort();

  expect(await result).toEqual({ ok: false, error: { code: 'cancelled', message: 'The drill was cancelled' } });
  await expectNothingLeft();
});

test('a worker that is killed takes etcd and the folder with it', async () => {
  const reached = join(folder, '..', 'reached');
  await installScripts(programs, { etcd: `touch ${reached}; exec sleep 600`, restore: 'exit 0' });
  const worker = spawn(process.execPath, [WORKER, folder, programs], { stdio: 'ignore' });
  try {
    await expect.poll(() => existsSync(reached), PATIENCE).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
    expect((await workingIn()).length).toBeGreaterThan(0);
  } finally {
    worker.kill('SIGKILL');
  }
  await expect.poll(async () => await readdir(folder), PATIENCE).toEqual([]);
  await expect.poll(workingIn, PATIENCE).toEqual([]);
});

test('the next drill removes what a dead one left, ends what works in it, and touches no other', async () => {
  await installScripts(programs, { etcd: 'exit 1', restore: 'exit 1' });
  const owner = { host: 'elsewhere', pid: process.pid, world: '', began: '' };
  async function leave(name: string, text: string | null): Promise<string> {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    if (text !== null) await writeFile(join(path, 'owner.json'), text);
    return path;
  }
  const dead = await leave('drydock-drill-dead', JSON.stringify({ ...owner, host: hostname() }));
  const leftover = spawn('sleep', ['600'], { cwd: dead, stdio: 'ignore' });
  const ended = new Promise((resolve) => leftover.once('exit', (_, signal) => resolve(signal)));
  await leave('drydock-drill-far', JSON.stringify(owner));
  await leave('drydock-drill-new', null);
  await leave('somebody-else', null);
  const old = await leave('drydock-drill-old', null);
  const longAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(old, longAgo, longAgo);

  await drill();
  expect(await ended).toBe('SIGKILL');
  expect((await readdir(folder)).toSorted()).toEqual(['drydock-drill-far', 'drydock-drill-new', 'somebody-else']);
});
