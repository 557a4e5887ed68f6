import { describe, expect, test } from 'vitest';
import { repeat } from '../../../src/app/repeat.ts';
import type { Log } from '../../../src/core/ports/runtime.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function recordingLog(): { readonly log: Log; readonly messages: string[] } {
  const messages: string[] = [];
  function record(message: string): void {
    messages.push(message);
  }
  const log: Log = { info: record, warn: record, error: record, with: () => log };
  return { log, messages };
}

describe('repeat', () => {
  test('works again and again until the signal fires', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    let rounds = 0;
    const done = repeat(500, stop.signal, { clock, ...recordingLog() }, 'counting', async () => {
      rounds += 1;
      await Promise.resolve();
    });

    await clock.advance(1600);
    stop.abort();
    await done;

    expect(rounds).toBe(4);
    expect(clock.sleepers()).toBe(0);
  });

  test('goes on after failures, and says so once, and once when it works again', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const { log, messages } = recordingLog();
    let rounds = 0;
    const done = repeat(500, stop.signal, { clock, log }, 'counting', async () => {
      rounds += 1;
      await (rounds <= 3 ? Promise.reject(new Error('no')) : Promise.resolve());
    });

    await clock.advance(2600);
    stop.abort();
    await done;

    expect(rounds).toBe(6);
    expect(messages).toEqual(['failed and will be tried again', 'works again']);
  });
});
