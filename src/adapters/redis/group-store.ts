import { z } from 'zod';
import type { GroupRecord, GroupStore } from '../../core/ports/people.ts';
import { parseStored } from './answers.ts';
import { DEFAULT_PREFIX, groupsKey } from './keys.ts';
import type { RedisStoreOptions } from './run-store.ts';
import { createScripts } from './scripts.ts';

/** What the group store on Redis needs. */
export interface RedisGroupStoreOptions extends RedisStoreOptions {
  /** The time, ms. Default: that of the Redis server, the only clock that all processes share. */
  readonly nowMs?: () => number;
}

const LoadAnswer = z.array(z.string()).min(1);
const Users = z.array(z.string());

/** The group store on Redis: one hash. Its calls throw as those of the other stores. */
export function createRedisGroupStore(options: RedisGroupStoreOptions): GroupStore {
  const prefix = options.prefix ?? DEFAULT_PREFIX;
  const run = createScripts(options.redis, prefix);
  const key = groupsKey(prefix);
  const time = (): number | '' => options.nowMs?.() ?? '';
  async function load(groups: readonly string[]): Promise<readonly string[]> {
    return LoadAnswer.parse(await run('groups-load', { key, args: [JSON.stringify(groups), time()] }));
  }
  return {
    beginning: async () => Number((await load([]))[0]),
    async save(group, users, beganMs) {
      await run('groups-save', { key, args: [group, JSON.stringify(users), beganMs, time()] });
    },
    async load(groups) {
      const [nowMs, ...stored] = await load(groups);
      return stored.flatMap((text, index) => recordOf(groups[index] ?? '', text, Number(nowMs)));
    },
  };
}

/** What cannot be read was never read; a time that has not come yet says nothing of the age. */
function recordOf(group: string, text: string, nowMs: number): readonly GroupRecord[] {
  const [, at, json] = /^(\d+) (.*)$/s.exec(text) ?? [];
  const users = Users.safeParse(parseStored(json ?? ''));
  const ageMs = nowMs - Number(at);
  return users.success && ageMs >= 0 ? [{ group, users: users.data, ageMs }] : [];
}
