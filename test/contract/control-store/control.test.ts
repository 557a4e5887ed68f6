import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisControlStore } from '../../../src/adapters/redis/control-store.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import type { AuditEntry } from '../../../src/core/audit.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ControlStore, ControlWrite } from '../../../src/core/ports/control-store.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { createFakeControlStore } from '../../fakes/control-store.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { testSeal } from '../../support/test-seal.ts';
import { claimed, owned } from '../run-store/samples.ts';

interface Stores {
  readonly control: ControlStore;
  readonly runs: RunStore;
  spoil(key: string): Promise<void>;
}

interface Source {
  open(): Promise<Stores>;
  stop(): Promise<void>;
}

const implementations = [
  { name: 'fake', start: startFake },
  { name: 'redis', start: startReal },
] as const;

async function startFake(): Promise<Source> {
  return {
    open: async () => {
      const runs = createFakeRunStore({ nowMs: () => 0 });
      const control = createFakeControlStore(runs.memory);
      return { runs, control, spoil: async (key) => control.spoil('freeze', key, '{"until":') };
    },
    stop: async () => undefined,
  };
}

async function startReal(): Promise<Source> {
  const server = await startRedis();
  const redis = connectRedis(server.url, 'store');
  await awaitRedis(redis, 10_000);
  let opened = 0;
  return {
    open: async () => {
      opened += 1;
      const options = { redis, prefix: `{control-${opened}}:`, seal: testSeal };
      return {
        runs: createRedisRunStore(options),
        control: createRedisControlStore(options),
        spoil: async (key) => {
          await redis.hset(`${options.prefix}control:freeze`, key, '7 {"until":');
        },
      };
    },
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}

function entry(action: string): AuditEntry {
  return {
    v: 1,
    at: '2026-01-01T00:00:00.000Z',
    action,
    actor: null,
    cluster: 'prod',
    run: null,
    reason: null,
    detail: {},
  };
}

function change(seen: number | null, value: JsonObject | null, over: Partial<ControlWrite> = {}): ControlWrite {
  return { kind: 'freeze', key: 'prod', seen, value, audit: [entry(value === null ? 'thaw' : 'freeze')], ...over };
}

describe.each(implementations)('control store ($name)', ({ start }) => {
  let source: Source;
  let stores: Stores;
  beforeAll(async () => {
    source = await start();
  });
  afterAll(async () => source.stop());
  beforeEach(async () => {
    stores = await source.open();
  });

  async function revisionOf(write: ControlWrite): Promise<number> {
    const result = await stores.control.write(write);
    return result.kind === 'ok' ? result.revision : -1;
  }

  async function audited(): Promise<readonly string[]> {
    return (await stores.runs.auditEntries(0, 100)).map((each) => each.entry.action);
  }

  test('what was never written is not there', async () => {
    expect(await stores.control.read('freeze', 'prod')).toBeNull();
    expect(await stores.control.list('freeze')).toEqual([]);
  });

  test('a record comes back as it was, with its revision and its audit entry', async () => {
    const value = { reason: 'holiday “ü”', list: [], none: null, long: Number.MAX_SAFE_INTEGER };
    const revision = await revisionOf(change(null, value));
    expect(await stores.control.read('freeze', 'prod')).toEqual({ kind: 'freeze', key: 'prod', revision, value });
    expect(await audited()).toEqual(['freeze']);
  });

  test('a write that saw another revision changes nothing, and nothing is audited', async () => {
    const first = await revisionOf(change(null, { n: 1 }));
    const second = await revisionOf(change(first, { n: 2 }));
    const current = { kind: 'freeze', key: 'prod', revision: second, value: { n: 2 } };
    for (const seen of [null, first, second + 1]) {
      expect(await stores.control.write(change(seen, { n: 3 }))).toEqual({ kind: 'stale', current });
      expect(await stores.control.write(change(seen, null))).toEqual({ kind: 'stale', current });
    }
    expect(await audited()).toEqual(['freeze', 'freeze']);
  });

  test('what is gone cannot be changed, and a new one has another revision', async () => {
    const first = await revisionOf(change(null, { n: 1 }));
    await revisionOf(change(first, null));
    expect(await stores.control.write(change(first, { n: 2 }))).toEqual({ kind: 'stale', current: null });
    const again = await revisionOf(change(null, { n: 1 }));
    expect(again).toBeGreaterThan(first);
    expect(await audited()).toEqual(['freeze', 'thaw', 'freeze']);
  });

  test('a second record is made and removed in the same breath, or not at all', async () => {
    const also = { kind: 'standing', key: 'prod', value: { of: 'prod' } } as const;
    const first = await revisionOf(change(null, { n: 1 }, { also }));
    const made = { kind: 'standing', key: 'prod', revision: first, value: { of: 'prod' } };
    expect(await stores.control.list('standing')).toEqual([made]);
    expect((await stores.control.write(change(null, null, { also: { ...also, value: null } }))).kind).toBe('stale');
    expect(await stores.control.read('standing', 'prod')).toEqual(made);
    await revisionOf(change(first, null, { also: { ...also, value: null } }));
    expect([await stores.control.list('freeze'), await stores.control.list('standing')]).toEqual([[], []]);
  });

  test('a write to a run can rely on a record as it was read, and on its absence', async () => {
    const lease = await claimed(stores.runs, 'a');
    const guarded = async (seen: number, revision: number | null) => {
      const guard = { kind: 'freeze', key: 'prod', revision } as const;
      return (await stores.runs.append('a', owned(lease, seen, { guard, audit: [entry('decision')] }))).kind;
    };
    expect([await guarded(1, 7), await guarded(1, null)]).toEqual(['unguarded', 'ok']);
    const first = await revisionOf(change(null, { n: 1 }));
    expect([await guarded(2, null), await guarded(2, first)]).toEqual(['unguarded', 'ok']);
    const second = await revisionOf(change(first, { n: 1 }));
    expect([await guarded(3, first), await guarded(3, second)]).toEqual(['unguarded', 'ok']);
    // A stale version is told before: the writer looks at the run again.
    expect(await guarded(1, first)).toBe('stale');
    expect((await audited()).filter((action) => action === 'decision')).toHaveLength(3);
    expect((await stores.runs.read('a'))?.version).toBe(4);
  });

  test('kinds and keys do not touch each other, and lists are by key', async () => {
    for (const key of ['b', 'a', 'ab']) await revisionOf(change(null, { key }, { key }));
    await revisionOf(change(null, { n: 9 }, { kind: 'schedule', key: 'a' }));
    expect((await stores.control.list('freeze')).map((each) => each.key)).toEqual(['a', 'ab', 'b']);
    expect((await stores.control.list('schedule')).map((each) => each.value)).toEqual([{ n: 9 }]);
  });

  test('of 30 who write at once one is first', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => await stores.control.write(change(null, { n }))),
    );
    expect(answers.filter((each) => each.kind === 'ok')).toHaveLength(1);
    expect(await audited()).toEqual(['freeze']);
  });

  test('a notice is written with its change or not at all', async () => {
    const notice = { key: 'n1', value: { text: 'over' } };
    const first = await revisionOf(change(null, { n: 1 }));
    await stores.control.write(change(null, null, { notice }));
    expect(await stores.control.list('notice')).toEqual([]);
    await stores.control.write(change(first, null, { notice }));
    expect((await stores.control.list('notice')).map((each) => [each.key, each.value])).toEqual([
      ['n1', { text: 'over' }],
    ]);
  });

  test('a record that cannot be read has its place, and can be replaced', async () => {
    await stores.spoil('prod');
    const broken = await stores.control.read('freeze', 'prod');
    expect(broken?.value).toBeNull();
    expect((await stores.control.write(change(null, { n: 1 }))).kind).toBe('stale');
    expect((await stores.control.write(change(broken?.revision ?? -1, { n: 1 }))).kind).toBe('ok');
  });
});
