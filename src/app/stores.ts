import { createRedisAuditMarks } from '../adapters/redis/audit-marks.ts';
import { createRedisCallBudget } from '../adapters/redis/call-budget.ts';
import { createRedisCardStore } from '../adapters/redis/card-store.ts';
import { checkRedis, mayStart } from '../adapters/redis/checks.ts';
import { awaitRedis, connectRedis } from '../adapters/redis/connection.ts';
import { createRedisControlStore } from '../adapters/redis/control-store.ts';
import { createDoorbell, type QueueDoorbell } from '../adapters/redis/doorbell.ts';
import { createRedisGroupStore } from '../adapters/redis/group-store.ts';
import { createRedisRunStore } from '../adapters/redis/run-store.ts';
import { createScheduleBell, type QueueScheduleBell } from '../adapters/redis/schedule-bell.ts';
import { createSeal } from '../core/audit-seal.ts';
import type { AuditMarks } from '../core/ports/audit-marks.ts';
import type { CallBudget } from '../core/ports/call-budget.ts';
import type { CardStore } from '../core/ports/card-store.ts';
import type { ControlStore } from '../core/ports/control-store.ts';
import type { GroupStore } from '../core/ports/people.ts';
import type { RunStore } from '../core/ports/run-store.ts';
import type { Log } from '../core/ports/runtime.ts';
import { StartRefused } from './exit-codes.ts';
import type { Foundation } from './foundation.ts';

/** Small values that all processes share. Every function throws when Redis cannot be reached. */
export interface SharedValues {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  /** Whether nobody holds this name; from now on the caller does, for so long, ms. */
  claim(name: string, forMs: number): Promise<boolean>;
}

/** Everything on Redis. Usable at once: while Redis is away its calls throw quickly. */
export interface Stores {
  readonly runs: RunStore;
  /** Freezes, schedules and notices. */
  readonly control: ControlStore;
  readonly cards: CardStore;
  readonly calls: CallBudget;
  readonly groups: GroupStore;
  readonly marks: AuditMarks;
  readonly doorbell: QueueDoorbell;
  readonly scheduleBell: QueueScheduleBell;
  /** Address for further connections; may hold a password. */
  readonly url: string;
  /** Values beside the runs that all processes share: the Slack team, which policy was told of. */
  readonly shared: SharedValues;
  /**
   * Waits until Redis answers, however long that takes, and looks whether it can be trusted.
   *
   * @throws StartRefused when it cannot, the signal's reason when that fires.
   */
  open(signal: AbortSignal): Promise<void>;
  /** What time it is for Redis, ms since the epoch. Throws when it cannot be reached. */
  nowMs(): Promise<number>;
  /** Whether Redis answers right now. Never throws. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

const WAIT_MS = 5000;
const PING_MS = 1000;
const SHARED_PREFIX = '{drydock}:shared:';

/** Makes the stores. Nothing is connected before `open`. */
export function createStores(foundation: Foundation): Stores {
  const { log, environment, config } = foundation;
  const url = environment.redisUrl?.reveal() ?? '';
  const told = throttled(log);
  const store = connectRedis(url, 'store', { onError: told });
  const queue = connectRedis(url, 'queue', { onError: told });
  const doorbell = createDoorbell({ redis: queue });
  const scheduleBell = createScheduleBell({ redis: queue });
  const seal = createSeal(foundation.digest, foundation.redact);
  return {
    runs: createRedisRunStore({ redis: store, seal }),
    control: createRedisControlStore({ redis: store, seal }),
    cards: createRedisCardStore({ redis: store }),
    calls: createRedisCallBudget({ redis: store }),
    groups: createRedisGroupStore({ redis: store }),
    marks: createRedisAuditMarks({ redis: store }),
    doorbell,
    scheduleBell,
    url,
    shared: {
      get: async (name) => await store.get(`${SHARED_PREFIX}${name}`),
      set: async (name, value) => {
        await store.set(`${SHARED_PREFIX}${name}`, value);
      },
      claim: async (name, forMs) => (await store.set(`${SHARED_PREFIX}${name}`, '1', 'PX', forMs, 'NX')) === 'OK',
    },
    open: async (signal) => {
      await waitFor(store, log, signal);
      await waitFor(queue, log, signal);
      const findings = await checkRedis(store, { acceptRisk: config.redis.acceptRisk });
      for (const finding of findings) {
        if (finding.level === 'ok') log.info('Redis was checked', { finding: finding.text });
        else log.warn('Redis is not as it should be', { level: finding.level, finding: finding.text });
      }
      const refusals = findings.filter((finding) => finding.level === 'refuse').map((finding) => finding.text);
      if (!mayStart(findings))
        throw new StartRefused(`Redis cannot be trusted with the record of runs. ${refusals.join(' ')}`);
    },
    nowMs: async () => {
      const [seconds, microseconds] = await store.time();
      return Number(seconds) * 1000 + Number(microseconds) / 1000;
    },
    answers: async () => {
      if (store.status !== 'ready') return false;
      const pong = store.ping().then(
        () => true,
        () => false,
      );
      return await Promise.race([pong, lateAnswer()]);
    },
    close: async () => {
      await doorbell.close().catch(() => undefined);
      await scheduleBell.close().catch(() => undefined);
      store.disconnect();
      queue.disconnect();
    },
  };
}

async function lateAnswer(): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  setTimeout(() => late.resolve(false), PING_MS).unref();
  return await late.promise;
}

type Client = Parameters<typeof awaitRedis>[0];

async function waitFor(client: Client, log: Log, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([awaitRedis(client, WAIT_MS), stopped.promise]);
      return;
    } catch (error) {
      signal.throwIfAborted();
      log.warn('waiting for Redis: it does not answer yet', { error });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

/** Connection errors come with every attempt, several a second: one line of a kind in five seconds is enough. */
function throttled(log: Log): (message: string) => void {
  const last = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    if (now - (last.get(message) ?? 0) < WAIT_MS) return;
    last.set(message, now);
    log.warn('the connection to Redis failed', { error: message });
  };
}
