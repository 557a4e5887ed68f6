import { startRedis } from '../playground/redis.ts';
import { awaitRedis, connectRedis } from '../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../src/adapters/redis/run-store.ts';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import type { AuditEntry } from '../src/core/audit.ts';
import { createSeal } from '../src/core/audit-seal.ts';

/** What one audit entry costs Redis: the time of the script that links it, by Redis's own count. `node bench/audit-entry.ts` */
const ROUNDS = 2000;
const ENTRY: AuditEntry = {
  v: 1,
  at: '2026-01-01T00:00:00.000Z',
  action: 'step',
  actor: null,
  cluster: 'prod',
  run: 'defrag-prod-7f3k',
  reason: null,
  detail: { index: 1, attempt: 1 },
};

const server = await startRedis();
const redis = connectRedis(server.url, 'store');
try {
  await awaitRedis(redis, 10_000);
  const runs = createRedisRunStore({ redis, seal: createSeal(canonicalDigest, (value) => value) });
  const none = await microsOfScript(async () => await runs.audit([]));
  const one = await microsOfScript(async () => await runs.audit([ENTRY]));
  process.stdout.write(`a script without an entry: ${none.toFixed(0)} µs; with one: ${one.toFixed(0)} µs\n`);
} finally {
  redis.disconnect();
  await server.stop();
}

/** Time in Redis of one of many calls, µs. */
async function microsOfScript(call: () => Promise<void>): Promise<number> {
  await call();
  const before = await scripts();
  for (let round = 0; round < ROUNDS; round += 1) await call();
  const after = await scripts();
  return (after.micros - before.micros) / (after.calls - before.calls);
}

async function scripts(): Promise<{ readonly calls: number; readonly micros: number }> {
  const stats = await redis.info('commandstats');
  const [, calls, micros] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(stats) ?? [];
  return { calls: Number(calls), micros: Number(micros) };
}
