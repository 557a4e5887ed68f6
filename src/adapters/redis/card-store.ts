import { z } from 'zod';
import { Incident } from '../../core/incident.ts';
import type { CardRecord, CardStore, IncidentRecord } from '../../core/ports/card-store.ts';
import { DirtyAnswer, parseStored, YesNo } from './answers.ts';
import { changedChannel, DEFAULT_PREFIX, incidentKey, officeKey, runKeys } from './keys.ts';
import type { RedisStoreOptions } from './run-store.ts';
import { askRedis, createScripts } from './scripts.ts';

const Card: z.ZodType<CardRecord> = z.object({
  runId: z.string(),
  channel: z.string(),
  threadTs: z.string().nullable(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownVersion: z.number().int(),
  shownDigest: z.string(),
  threadEvents: z.number().int(),
  final: z.boolean(),
});

const StoredIncident: z.ZodType<IncidentRecord> = z.object({
  incident: Incident,
  channel: z.string(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownDigest: z.string(),
  links: z.record(z.string(), z.string()),
});

/**
 * The card store on Redis; it must have the same prefix as the run store. A card that is saved after its run was pruned
 * is dropped.
 */
export function createRedisCardStore({ redis, prefix = DEFAULT_PREFIX }: RedisStoreOptions): CardStore {
  const run = createScripts(redis, prefix);
  return {
    dirty: async (limit) => DirtyAnswer.parse(await run('card-dirty', { args: [limit] })),
    async card(runId) {
      const [key = ''] = runKeys(prefix, runId);
      const text = await askRedis('card', async () => await redis.hget(key, 'card'));
      return text === null ? null : Card.parse(parseStored(text));
    },
    async save(card) {
      await run('card-save', { runId: card.runId, args: [JSON.stringify(card)] });
    },
    async clean(runId, version) {
      await run('card-clean', { runId, args: [runId, version] });
    },
    async touch(runId) {
      await run('card-touch', { runId, args: [runId] });
    },
    async incident(cluster) {
      const text = await redis.get(incidentKey(prefix, cluster));
      return text === null ? null : StoredIncident.parse(parseStored(text));
    },
    async saveIncident(record) {
      await redis.set(incidentKey(prefix, record.incident.cluster), JSON.stringify(record));
    },
    elect: async (name, who, ttlMs) =>
      YesNo.parse(await run('elect', { key: officeKey(prefix, name), args: [who, Math.max(1, Math.ceil(ttlMs))] })),
    async resign(name, who) {
      await run('resign', { key: officeKey(prefix, name), args: [who] });
    },
    onChange: (callback) => listen(redis, changedChannel(prefix), callback),
  };
}

async function listen(
  redis: RedisStoreOptions['redis'],
  channel: string,
  callback: (runId: string) => void,
): Promise<() => Promise<void>> {
  // A connection that listens can do nothing else. It subscribes again by itself after a break.
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
  // Whoever polls as well needs no word about a broken connection.
  subscriber.on('error', () => undefined);
  let stopped = false;
  subscriber.on('message', (_channel: string, runId: string) => {
    if (!stopped) callback(runId);
  });
  try {
    await subscriber.subscribe(channel);
  } catch (error) {
    subscriber.disconnect();
    throw new Error('redis: cannot listen for changed runs', { cause: error });
  }
  return async () => {
    stopped = true;
    subscriber.disconnect();
  };
}
