import { JsonObject } from '../../core/json.ts';
import type { AuditMarks } from '../../core/ports/audit-marks.ts';
import { parseStored, YesNo } from './answers.ts';
import { auditMarkKey, DEFAULT_PREFIX, officeKey } from './keys.ts';
import type { RedisStoreOptions } from './run-store.ts';
import { askRedis, createScripts } from './scripts.ts';

/** Marks on Redis; they must have the prefix of the card store, which knows who holds an office. */
export function createRedisAuditMarks({ redis, prefix = DEFAULT_PREFIX }: RedisStoreOptions): AuditMarks {
  const run = createScripts(redis, prefix);
  return {
    async read(name) {
      const text = await askRedis('mark', async () => await redis.get(auditMarkKey(prefix, name)));
      return text === null ? null : (JsonObject.safeParse(parseStored(text)).data ?? null);
    },
    save: async (name, mark, by) =>
      YesNo.parse(
        await run('mark-save', {
          key: officeKey(prefix, by.office),
          args: [JSON.stringify(mark), by.who, auditMarkKey(prefix, name)],
        }),
      ),
  };
}
