import type { Clock } from '../../../core/ports/runtime.ts';

/** What an answer that did not come in time comes to. */
export const LATE = 'late';

function isLate(): typeof LATE {
  return LATE;
}

/** An answer, or `LATE` after so many ms. The question itself goes on. */
export async function within<T>(clock: Pick<Clock, 'sleep'>, ms: number, answer: Promise<T>): Promise<T | typeof LATE> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(isLate, isLate);
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}
