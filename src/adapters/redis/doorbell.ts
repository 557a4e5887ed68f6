import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Doorbell } from '../../core/ports/run-store.ts';

/** Name of the BullMQ queue; its keys are `<prefix><name>:…`. */
export const DOORBELL_QUEUE = 'doorbell';

/** Prefix of BullMQ's keys: BullMQ adds the colon itself. */
export const DEFAULT_QUEUE_PREFIX = '{drydock}';

/** What ringing needs. */
export interface DoorbellOptions {
  /** A client made by `connectRedis(url, 'queue')`. The caller closes it. */
  readonly redis: Redis;
  /** Default `{drydock}`. */
  readonly queuePrefix?: string;
  /** The longest a ring may take, in milliseconds. Default 2000. */
  readonly timeoutMs?: number;
}

/** A doorbell with a queue behind it. */
export interface QueueDoorbell extends Doorbell {
  /** Rings nobody has taken up yet. */
  depth(): Promise<number>;
  /** Lets go of the queue; the client stays open. */
  close(): Promise<void>;
}

const KEPT_FAILURES = 100;

/**
 * Rings by adding a job that says only which run. Every ring is a job of its own: a job with a fixed id, or a deduplicated
 * one, swallows a ring that comes while the first is being answered.
 *
 * `ring` and `depth` throw at once while Redis is away, and after `timeoutMs` when it does not answer. The ring may
 * nevertheless have been given.
 */
export function createDoorbell(options: DoorbellOptions): QueueDoorbell {
  const { redis, timeoutMs = 2000 } = options;
  let current: Queue | null = null;

  async function withQueue<T>(what: string, use: (queue: Queue) => Promise<T>): Promise<T> {
    if (redis.status === 'wait') await redis.connect();
    if (redis.status !== 'ready') throw new Error(`${what}: Redis cannot be reached`);
    const queue = (current ??= openQueue(options));
    try {
      return await within(timeoutMs, what, use(queue));
    } catch (error) {
      // A queue whose first contact with Redis failed never recovers by itself: the next ring opens a new one.
      if (current === queue) current = null;
      void queue.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    async ring(runId) {
      await withQueue('ring', (queue) => queue.add('advance', { runId }));
    },
    depth: () => withQueue('queue depth', (queue) => queue.getWaitingCount()),
    async close() {
      const queue = current;
      current = null;
      await queue?.close();
    },
  };
}

function openQueue({ redis, queuePrefix = DEFAULT_QUEUE_PREFIX }: DoorbellOptions): Queue {
  const queue = new Queue(DOORBELL_QUEUE, {
    connection: redis,
    prefix: queuePrefix,
    // One attempt: what is to be done again is the engine's business, and the sweep rings whatever stayed undone.
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: { count: KEPT_FAILURES } },
  });
  // The client tells its own errors to whoever made it; each ring throws what goes wrong with it.
  queue.on('error', () => undefined);
  return queue;
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: Redis did not answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
