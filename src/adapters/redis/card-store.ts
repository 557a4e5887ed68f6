import { z } from 'zod';
import { Incident } from '../../core/incident.ts';
import type { CardRecord, CardStore, IncidentRecord, OfficeHolder } from '../../core/ports/card-store.ts';
import { DirtyAnswer, parseStored, YesNo } from './answers.ts';
import { changedChannel, DEFAULT_PREFIX, incidentDoubtsKey, incidentKey, officeKey, runKeys } from './keys.ts';
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
  shownUrgency: z.string().default(''),
  doubts: z.number().int().default(0),
  replaces: z.string().nullable().default(null),
  threadEvents: z.number().int(),
  final: z.boolean(),
});

const IncidentMessage = z.object({
  incident: Incident,
  channel: z.string(),
  ts: z.string().nullable(),
  posting: z.boolean(),
  shownDigest: z.string(),
  links: z.record(z.string(), z.string()),
});

const StoredIncident: z.ZodType<IncidentRecord> = IncidentMessage.extend({
  doubts: z.number().int().default(0),
  older: z.array(IncidentMessage).default([]),
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
      const [text, doubts] = await askRedis('card', async () => await redis.hmget(key, 'card', 'doubts'));
      if (text === null || text === undefined) return null;
      const card = Card.parse(parseStored(text));
      return believed(card, doubts ?? null, { ...card, shownDigest: '', shownUrgency: '' });
    },
    save: async (card, by) =>
      YesNo.parse(await run('card-save', { runId: card.runId, ...fence(prefix, by, JSON.stringify(card)) })),
    async clean(runId, version) {
      await run('card-clean', { runId, args: [runId, version] });
    },
    async touch(runId) {
      await run('card-touch', { runId, args: [runId] });
    },
    async doubt(runId) {
      await run('card-doubt', { runId, args: [runId] });
    },
    async incident(cluster) {
      const keys = [incidentKey(prefix, cluster), incidentDoubtsKey(prefix, cluster)];
      const [text, doubts] = await askRedis('incident', async () => await redis.mget(keys));
      if (text === null || text === undefined) return null;
      const record = StoredIncident.parse(parseStored(text));
      return believed(record, doubts ?? null, { ...record, shownDigest: '' });
    },
    async saveIncident(record, by) {
      const { key, args } = fence(prefix, by, JSON.stringify(record));
      const args2 = [...args, incidentKey(prefix, record.incident.cluster)];
      return YesNo.parse(await run('incident-save', { key, args: args2 }));
    },
    async doubtIncident(cluster) {
      await askRedis('doubtIncident', async () => await redis.incr(incidentDoubtsKey(prefix, cluster)));
    },
    elect: async (name, who, ttlMs) =>
      YesNo.parse(await run('elect', { key: officeKey(prefix, name), args: [who, Math.max(1, Math.ceil(ttlMs))] })),
    async resign(name, who) {
      await run('resign', { key: officeKey(prefix, name), args: [who] });
    },
    onChange: (callback) => listen(redis, changedChannel(prefix), callback),
  };
}

/** What is stored, or what is left of it when it was doubted since. */
function believed<T extends { readonly doubts: number }>(stored: T, doubts: string | null, doubted: T): T {
  const now = Number(doubts ?? 0);
  return now === stored.doubts ? stored : { ...doubted, doubts: now };
}

/** Key and arguments of a write that needs an office; without one, the office is empty and nobody is asked for. */
function fence(prefix: string, by: OfficeHolder | undefined, text: string) {
  return { key: officeKey(prefix, by?.office ?? ''), args: [text, by?.who ?? ''] };
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
