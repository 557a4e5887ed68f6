import { setTimeout as delay } from 'node:timers/promises';
import { type FakeClock, flush } from './fake-clock.ts';

/** Looks at work that waits for no time, about 20 s in all. */
const MAX_IDLE = 4000;

/** Lets fake time pass until the work ends. @throws Error when it neither ends nor waits for time. */
export async function inTime<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  const state = { ended: false };
  const mark = (): void => {
    state.ended = true;
  };
  work.then(mark, mark);
  for (let idle = 0; !state.ended && idle < MAX_IDLE; ) {
    // What compresses or encrypts works on other threads, and takes real time.
    await (idle < 50 ? flush() : delay(5));
    if (state.ended) break;
    idle = (await clock.advanceToNext()) ? 0 : idle + 1;
  }
  if (!state.ended) throw new Error('the work neither ends nor waits for time');
  return await work;
}
