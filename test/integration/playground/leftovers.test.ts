import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startProcess } from '../../../playground/processes.ts';
import { waitFor } from '../../../playground/waiting.ts';

const STARTER = fileURLToPath(new URL('./starter.ts', import.meta.url));
const Started = z.object({ pids: z.array(z.number()).length(4), directories: z.array(z.string()).length(2) });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function startStarter() {
  const starter = spawn(process.execPath, [STARTER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(starter, 'exit');
  for await (const line of createInterface({ input: starter.stdout })) {
    return { starter, ended, started: Started.parse(JSON.parse(line)) };
  }
  throw new Error('the starter said nothing');
}

test.for(['SIGKILL', 'SIGTERM'] as const)('no process and no data outlive a starter ended by %s', async (signal) => {
  const { starter, ended, started } = await startStarter();
  const aliveBefore = started.pids.filter(isAlive).length;

  starter.kill(signal);
  await ended;

  expect(aliveBefore).toBe(4);
  await waitFor('the processes to end', () => !started.pids.some(isAlive));
  await waitFor('the data to be deleted', () => !started.directories.some((path) => existsSync(path)));
});

test('a frozen program ends with its starter, too', async () => {
  const { starter, ended, started } = await startStarter();
  for (const pid of started.pids) process.kill(pid, 'SIGSTOP');

  starter.kill('SIGKILL');
  await ended;
  await waitFor('the processes to end', () => !started.pids.some(isAlive));

  expect(started.pids.filter(isAlive)).toEqual([]);
});

test('a program that cannot be started says so', async () => {
  const starting = startProcess({ name: 'nobody', command: '/nonexistent/program' });

  await expect(starting).rejects.toThrow('nobody: cannot start /nonexistent/program: there is no such program');
});

test('a program that ignores SIGTERM is killed when its grace is over', async () => {
  const started = await startProcess({
    name: 'deaf',
    command: 'sh',
    args: ['-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done'],
  });
  await waitFor('the program to be up', () => started.output() === 'up');

  const end = await started.stop(100);

  expect(end.signal).toBe('SIGKILL');
  expect(isAlive(started.pid)).toBe(false);
});
