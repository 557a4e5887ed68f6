import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { waitFor } from '../../../playground/waiting.ts';

const DEMO = fileURLToPath(new URL('../../../playground/demo.ts', import.meta.url));
const MINUTES = 60_000;

/** Everything the demo makes is below this directory, and every process of it names it. */
let directory: string;

beforeEach(async () => {
  directory = await makeTemporaryDirectory('demo-test');
});

afterEach(async () => {
  for (const pid of processesOfDemo()) process.kill(Number(pid), 'SIGKILL');
  await removeDirectory(directory);
});

function startDemo(...args: readonly string[]) {
  const env = { ...process.env, TMPDIR: directory };
  const demo = spawn(process.execPath, [DEMO, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return { demo, ended: once(demo, 'exit'), said: text(demo.stderr) };
}

/** Process ids of what belongs to the demo: in `/proc` the command line or the environment names its directory. */
function processesOfDemo(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`).includes(directory));
    } catch {
      return false;
    }
  });
}

async function nothingIsLeft(): Promise<void> {
  await waitFor('every process of the demo to end', () => processesOfDemo().length === 0);
  await waitFor('every directory of the demo to be deleted', () => readdirSync(directory).length === 0);
}

test('approved: every member shrinks, the leader last, and nothing is left', { timeout: 5 * MINUTES }, async () => {
  const { demo, ended, said } = startDemo('--run', '/kube defrag prod', '--approve');
  const transcript = await text(demo.stdout);
  const [code] = await ended;

  expect([code, await said]).toEqual([0, expect.stringContaining('succeeded')]);
  const [, leader] = /\| (cp-\d)\s+\| leader /.exec(transcript) ?? [];
  const turns = [...transcript.matchAll(/Step 1, (cp-\d): defragment — done\. (\d+) MiB before, (\d+)/g)];
  expect(new Set(turns.map((turn) => turn[1]))).toEqual(new Set(['cp-1', 'cp-2', 'cp-3']));
  expect(turns.at(-1)?.[1]).toBe(leader);
  expect(turns).toHaveLength(3);
  for (const [, , before, after] of turns) expect(Number(after)).toBeLessThan(Number(before) / 4);
  await nothingIsLeft();
});

// Rejected, as a stranger, with neither flag: test/e2e/demo.test.ts and test/slow/demo-flags.test.ts, which watch the files of the members.

test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'ended by %s in the middle of a run, it leaves nothing behind',
  { timeout: 5 * MINUTES },
  async (signal) => {
    const { demo, ended } = startDemo('--run', '/kube defrag prod', '--approve', '--fill', '24');
    for await (const line of createInterface({ input: demo.stdout })) {
      if (line.includes('presses [Approve]')) break;
    }
    const before = processesOfDemo().length;

    demo.kill(signal);
    const [code] = await ended;

    expect(before).toBeGreaterThan(6);
    expect(code).toBe(signal === 'SIGKILL' ? null : 1);
    await nothingIsLeft();
    expect(processesOfDemo()).toEqual([]);
  },
);
