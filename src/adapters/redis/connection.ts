import { Redis, type RedisOptions } from 'ioredis';

/**
 * What a connection is for. `store`: run and card store. `queue`: ringing. Both fail fast while Redis is away, so that a
 * person gets an answer within Slack's three seconds and no write is carried out after its caller gave up. `worker`:
 * waiting for rings; it waits as long as it takes.
 */
export type RedisRole = 'store' | 'queue' | 'worker';

/** All optional. */
export interface ConnectOptions {
  /** Told what breaks, as one line without credentials; the client reconnects by itself. Default: nobody is told. */
  readonly onError?: (message: string) => void;
  /** The longest a command may take (`store`, `queue`), in milliseconds. Default 5000. */
  readonly commandTimeoutMs?: number;
}

const COMMAND_MS = 5000;
const CONNECT_MS = 5000;
const RECONNECT_AT_MOST_MS = 2000;

/**
 * A client for a Redis. `store` and `queue` are not yet connected: `await redis.connect()`, or `awaitRedis` when waiting
 * for a Redis that is still starting. `worker` connects at once. Reconnects for ever, after 50 ms to 2 s.
 *
 * @param url `redis://…` or `rediss://…` (TLS)
 * @throws Error (without the address: it may hold a password) when `url` is none.
 */
export function connectRedis(url: string, role: RedisRole, options: ConnectOptions = {}): Redis {
  if (!/^rediss?:$/.test(protocolOf(url))) throw new Error('REDIS_URL is not a redis:// or rediss:// address');
  const redis = new Redis(url, optionsFor(role, options.commandTimeoutMs ?? COMMAND_MS));
  // Without a listener ioredis writes to the console; the message alone names address and cause, not the credentials.
  redis.on('error', (error: unknown) =>
    options.onError?.(error instanceof Error ? error.message : 'connection failed'),
  );
  return redis;
}

/**
 * Waits until a client is connected and Redis has loaded its data.
 *
 * @throws Error when that takes longer than `timeoutMs`. The client goes on trying.
 */
export async function awaitRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  const ready = Promise.withResolvers<void>();
  const onReady = (): void => ready.resolve();
  const timer = setTimeout(() => ready.reject(new Error(`Redis cannot be reached for ${timeoutMs} ms`)), timeoutMs);
  redis.once('ready', onReady);
  try {
    // A first attempt that fails is no end: the client tries again by itself.
    if (redis.status === 'wait') void redis.connect().catch(() => undefined);
    await ready.promise;
  } finally {
    clearTimeout(timer);
    redis.off('ready', onReady);
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

/** Replies come in the shapes of RESP2, whatever the connection speaks. */
type Options = RedisOptions & { readonly replyMapping: 'legacy' };

function optionsFor(role: RedisRole, commandTimeout: number): Options {
  const common: Options = {
    replyMapping: 'legacy',
    connectTimeout: CONNECT_MS,
    keepAlive: 10_000,
    connectionName: `drydock-${role}`,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_AT_MOST_MS),
    // After a failover the address may still lead to the old primary: look again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  // Not lazy: BullMQ duplicates this client, and its wait for a lazy one ends for good when the first attempt fails.
  if (role === 'worker') return { ...common, maxRetriesPerRequest: null };
  return {
    ...common,
    lazyConnect: true,
    commandTimeout,
    enableOfflineQueue: false,
    // A write whose answer was lost may have been made: it is the caller who must look, not the client who repeats.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  };
}
