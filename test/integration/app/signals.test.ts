import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RunningProcess, startProcess } from '../../../playground/processes.ts';
import { waitFor } from '../../../playground/waiting.ts';

const STUBBORN = fileURLToPath(new URL('../../support/stubborn-process.ts', import.meta.url));

async function start(mode: string): Promise<RunningProcess> {
  const running = await startProcess({
    name: mode,
    command: process.execPath,
    args: [STUBBORN, mode],
  });
  onTestFinished(async () => {
    await running.kill();
  });
  return running;
}

describe('signals and crashes', () => {
  test('a second signal ends the process at once', async () => {
    const stubborn = await start('stubborn');
    await waitFor('its start', () => stubborn.output().includes('waiting'));
    stubborn.signal('SIGINT');
    await waitFor('the first signal', () => stubborn.output().includes('signal received'));
    expect(stubborn.end()).toBeUndefined();

    stubborn.signal('SIGTERM');

    expect(await stubborn.ended).toEqual({ code: 1, signal: null });
    expect(stubborn.output()).toContain('second signal');
  });

  test.each([
    ['throw', 'uncaught exception'],
    ['reject', 'unhandled rejection'],
  ])('a bug (%s) is logged without secrets and ends the process', async (mode, words) => {
    const buggy = await start(mode);

    expect(await buggy.ended).toEqual({ code: 1, signal: null });
    expect(buggy.output()).toContain(words);
    expect(buggy.output()).not.toContain('canary');
  });
});
