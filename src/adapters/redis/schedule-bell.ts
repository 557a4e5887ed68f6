import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../../core/ports/runtime.ts';
import type { BellTimes, ScheduleBell } from '../../core/ports/schedule-bell.ts';
import { DEFAULT_QUEUE_PREFIX } from './doorbell.ts';

const QUEUE = 'schedules';

/** What ringing at times needs. */
export interface ScheduleBellOptions {
  /** A client made by `connectRedis(url, 'queue')`. The caller closes it. */
  readonly redis: Redis;
  /** Default `{drydock}`. */
  readonly queuePrefix?: string;
}

/** A bell on BullMQ's job schedulers. */
export interface QueueScheduleBell extends ScheduleBell {
  /** Lets go of the queue; the client stays open. */
  close(): Promise<void>;
}

/**
 * Rings by one job scheduler a schedule. What is right already is not touched: BullMQ forgets changes that are made at the same time
 * (taskforcesh/bullmq 3085, 3262, 3381), and a scheduler that is removed and made anew may stay silent while its last job is kept (3063),
 * so none is kept.
 */
export function createScheduleBell({
  redis,
  queuePrefix = DEFAULT_QUEUE_PREFIX,
}: ScheduleBellOptions): QueueScheduleBell {
  let queue: Queue | null = null;
  return {
    async reconcile(wanted) {
      if (redis.status === 'wait') await redis.connect();
      if (redis.status !== 'ready') throw new Error('schedules: Redis cannot be reached');
      queue ??= openQueue(redis, queuePrefix);
      const there = await queue.getJobSchedulers();
      for (const { key } of there) {
        if (!wanted.some(({ id }) => id === key)) await queue.removeJobScheduler(key);
      }
      for (const { id, cron, tz } of wanted) {
        const known = there.find(({ key }) => key === id);
        if (known?.pattern === cron && known.tz === tz) continue;
        const opts = { removeOnComplete: true, removeOnFail: true };
        await queue.upsertJobScheduler(id, { pattern: cron, tz }, { name: 'fire', data: { schedule: id }, opts });
      }
    },
    async close() {
      await queue?.close();
      queue = null;
    },
  };
}

function openQueue(connection: Redis, prefix: string): Queue {
  const queue = new Queue(QUEUE, { connection, prefix });
  // The client tells its own errors to whoever made it; each call throws what goes wrong with it.
  queue.on('error', () => undefined);
  return queue;
}

const Ring = z.object({ schedule: z.string().min(1).max(200) });

/** What answering needs. */
export interface ScheduleBellListener extends ScheduleBellOptions {
  readonly log: Log;
  /** A throw is logged and not repeated: the keeper looks at every schedule by itself. */
  readonly onRing: (schedule: BellTimes['id']) => Promise<void>;
}

/** Answers the bell until it is closed; several processes may. `redis`: a client made by `connectRedis(url, 'worker')`. */
export function answerScheduleBell(options: ScheduleBellListener): { close(): Promise<void> } {
  const { redis, queuePrefix = DEFAULT_QUEUE_PREFIX, log, onRing } = options;
  const worker = new Worker(
    QUEUE,
    async (job) => {
      const ring = Ring.safeParse(job.data);
      if (!ring.success) return log.error('a ring that names no schedule was dropped', { job: job.id });
      await onRing(ring.data.schedule).catch((thrown: unknown) => {
        log.warn('a schedule that was rung could not be looked after; the keeper looks again', { error: thrown });
      });
    },
    { connection: redis, prefix: queuePrefix, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
  );
  worker.on('error', (error) => log.warn('the queue of schedules cannot be reached', { error }));
  return { close: async () => await worker.close(true) };
}
