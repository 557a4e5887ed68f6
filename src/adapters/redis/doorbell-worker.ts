import { type Job, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../../core/ports/runtime.ts';
import { DEFAULT_QUEUE_PREFIX, DOORBELL_QUEUE } from './doorbell.ts';

/** What answering the doorbell needs. */
export interface DoorbellWorkerOptions {
  /** A client made by `connectRedis(url, 'worker')`; the worker opens two more like it. The caller closes this one. */
  readonly redis: Redis;
  /** Default `{drydock}`. */
  readonly queuePrefix?: string;
  /** Rings answered at the same time. */
  readonly concurrency: number;
  /**
   * Advances a run. The same run may be rung while it is being advanced. A throw is logged and not repeated. The signal
   * fires when the worker is closing: take up nothing new, park, come to an end.
   */
  readonly onRing: (runId: string, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** Answers the doorbell until it is closed. */
export interface DoorbellWorker {
  /** Takes up no further ring; those being answered go on. Undone by {@link DoorbellWorker.resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Takes up no further ring, fires the signal, waits at most `graceMs` for those being answered and at most 2 s more for
   * Redis. What is unfinished then is left to the sweep: the store says what is due.
   */
  close(graceMs: number): Promise<void>;
}

const GOODBYE_MS = 2000;
const RingData = z.strictObject({ runId: z.string().min(1).max(200) });

/** Starts answering. While Redis is away it waits, as long as that takes. */
export function startDoorbellWorker(options: DoorbellWorkerOptions): DoorbellWorker {
  const { log } = options;
  const stopping = new AbortController();
  // One for each ring that is being answered: waiting on a promise that outlives them all would keep every one of them.
  const giveUps = new Set<() => void>();

  async function answer(job: Job<unknown>, token: string | undefined): Promise<void> {
    if (stopping.signal.aborted || worker.isPaused()) {
      // It was fetched just before: somebody else may have it.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const data = RingData.safeParse(job.data);
    if (!data.success) return log.error('a ring that names no run was dropped', { job: job.id });
    const { runId } = data.data;
    const answered = options.onRing(runId, stopping.signal).catch((error: unknown) => {
      log.with({ run: runId }).error('advancing a run failed; the sweep rings it again', { error: describe(error) });
    });
    const givenUp = Promise.withResolvers<void>();
    giveUps.add(givenUp.resolve);
    await Promise.race([answered, givenUp.promise]);
    giveUps.delete(givenUp.resolve);
  }
  function giveUp(): void {
    for (const resolve of giveUps) resolve();
  }

  const worker = new Worker(DOORBELL_QUEUE, answer, {
    connection: options.redis,
    prefix: options.queuePrefix ?? DEFAULT_QUEUE_PREFIX,
    concurrency: options.concurrency,
    // A ring whose worker died is given once more. Should that one die too, the sweep goes on at its own slower pace.
    maxStalledCount: 1,
    removeOnComplete: { count: 0 },
  });
  worker.on('error', (error) => log.warn('the queue of rings cannot be reached', { error: describe(error) }));
  worker.on('stalled', (job) => log.warn('a ring was not answered in time and is given again', { job }));

  return {
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    async close(graceMs) {
      stopping.abort(new Error('the worker is shutting down'));
      const timer = setTimeout(giveUp, graceMs);
      const closed = worker.close();
      const isClosed = await Promise.race([closed.then(() => true), after(graceMs + GOODBYE_MS)]);
      clearTimeout(timer);
      giveUp();
      if (isClosed) return;
      log.warn('the queue of rings did not close in time');
      void worker.disconnect().catch(() => undefined);
    },
  };
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error';
}
