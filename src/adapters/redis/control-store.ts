import { z } from 'zod';
import type { ControlKind, ControlRecord, ControlResult, ControlStore } from '../../core/ports/control-store.ts';
import { parseStored } from './answers.ts';
import { controlKey, DEFAULT_PREFIX } from './keys.ts';
import type { RedisRunStoreOptions } from './run-store.ts';
import { askRedis, createScripts } from './scripts.ts';

const Answer = z.union([
  z.tuple([z.literal('ok'), z.string()]),
  z.tuple([z.literal('stale'), z.string()]),
  // Lua's nil ends an answer.
  z.tuple([z.literal('stale')]),
  z.tuple([z.literal('stale'), z.null()]),
]);

/** The control store on Redis: one hash a kind. Keys: `docs/adr/0003-keys-of-the-run-store.md`. */
export function createRedisControlStore(options: RedisRunStoreOptions): ControlStore {
  const { redis, prefix = DEFAULT_PREFIX, seal } = options;
  const run = createScripts(redis, prefix);
  return {
    async read(kind, key) {
      const text = await askRedis('control-read', async () => await redis.hget(controlKey(prefix, kind), key));
      return text === null ? null : recordOf(kind, key, text);
    },
    async list(kind) {
      const stored = await askRedis('control-list', async () => await redis.hgetall(controlKey(prefix, kind)));
      return Object.entries(stored)
        .map(([key, text]) => recordOf(kind, key, text))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    },
    async write(write): Promise<ControlResult> {
      const { kind, key, seen, value, notice, also } = write;
      const text = JSON.stringify({
        key,
        seen: seen === null ? undefined : String(seen),
        value: value === null ? undefined : JSON.stringify(value),
        also:
          also === undefined
            ? undefined
            : { ...also, value: also.value === null ? undefined : JSON.stringify(also.value) },
        notice: notice === undefined ? undefined : { key: notice.key, value: JSON.stringify(notice.value) },
        audit: write.audit.map(seal),
      });
      const [answer, rest = null] = Answer.parse(
        await run('control-write', { key: controlKey(prefix, kind), args: [text] }),
      );
      if (answer === 'ok') return { kind: 'ok', revision: Number(rest) };
      return { kind: 'stale', current: rest === null ? null : recordOf(kind, key, rest) };
    },
  };
}

/** A record whose text is broken still has its place: it is `null`, and a write that names its revision replaces it. */
function recordOf(kind: ControlKind, key: string, text: string): ControlRecord {
  const [, revision = '0', value = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
  const parsed = parseStored(value);
  const broken = typeof parsed === 'object' && parsed !== null && 'type' in parsed && parsed.type === 'unreadable';
  return { kind, key, revision: Number(revision), value: broken ? null : parsed };
}
