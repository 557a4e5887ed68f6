import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { waitFor } from '../../../../playground/waiting.ts';

const STARTER = fileURLToPath(new URL('../../../support/cluster-starter.ts', import.meta.url));
const Started = z.object({ pids: z.array(z.number()).length(3), directories: z.array(z.string()).length(1) });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.for(['SIGKILL', 'SIGTERM'] as const)('nothing of a cluster outlives a starter ended by %s', async (signal) => {
  const starter = spawn(process.execPath, [STARTER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(starter, 'exit');
  const [line] = await once(createInterface({ input: starter.stdout }), 'line');
  const { pids, directories } = Started.parse(JSON.parse(String(line)));
  const aliveBefore = pids.filter(isAlive).length;

  starter.kill(signal);
  await ended;

  expect(aliveBefore).toBe(3);
  await waitFor('the members to end', () => !pids.some(isAlive));
  await waitFor('the data to be deleted', () => !directories.some((path) => existsSync(path)));
});
