import type { Redis } from 'ioredis';
import type { AuditEntry } from '../../core/audit.ts';
import type { Append, CreateResult, Lease, NewRun, RunStore } from '../../core/ports/run-store.ts';
import type { RunRecord } from '../../core/run-state.ts';
import {
  AppendAnswer,
  AuditAnswer,
  ClaimAnswer,
  CountAnswer,
  CreateAnswer,
  Ids,
  ListAnswer,
  LocksAnswer,
  ParkAnswer,
  parseStored,
  ReadAnswer,
  YesNo,
} from './answers.ts';
import { DEFAULT_PREFIX, requestKey } from './keys.ts';
import { askRedis, createScripts, type RunScript } from './scripts.ts';

/** What the stores on Redis need. */
export interface RedisStoreOptions {
  /** A client made by `connectRedis(url, 'store')`. The caller closes it. */
  readonly redis: Redis;
  /** Begins every key, with a hash tag. Default `{drydock}:`. */
  readonly prefix?: string;
}

const PRUNED_AT_ONCE = 500;

/** The run store on Redis. Keys and scripts: `docs/adr/0003-keys-of-the-run-store.md`. */
export function createRedisRunStore({ redis, prefix = DEFAULT_PREFIX }: RedisStoreOptions): RunStore {
  const run = createScripts(redis, prefix);
  return {
    create: (newRun) => create(run, prefix, newRun),
    read: (runId) => read(run, runId),
    append: async (runId, write) => {
      // A lease of another run is no lease of this one, even if worker and epoch are the same.
      if (write.writer.kind === 'owner' && write.writer.lease.runId !== runId) return { kind: 'lost-lease' };
      return AppendAnswer.parse(await run('append', { runId, args: [appendText(runId, write)] }));
    },
    ...leases(run),
    due: async (nowMs, limit, graceMs) => Ids.parse(await run('due', { args: [nowMs, limit, nowMs + graceMs] })),
    list: async ({ cluster, limit }) => ListAnswer.parse(await run('list', { args: [limit, cluster ?? ''] })),
    unfinished: async () =>
      (await askRedis('unfinished', async () => await redis.zrange(`${prefix}due`, '0', '-1'))).toSorted(),
    locks: async () => LocksAnswer.parse(await askRedis('locks', async () => await redis.hgetall(`${prefix}locks`))),
    async audit(entries) {
      await run('audit', { args: [JSON.stringify(textsOf(entries))] });
    },
    auditEntries: async (after, limit) =>
      AuditAnswer.parse(
        await askRedis(
          'auditEntries',
          async () => await redis.xrange(`${prefix}audit`, `(${after}-0`, '+', 'COUNT', limit),
        ),
      ),
    prune: (nowMs) => prune(run, nowMs),
  };
}

async function create(run: RunScript, prefix: string, newRun: NewRun): Promise<CreateResult> {
  const text = JSON.stringify({
    id: newRun.id,
    cluster: newRun.cluster,
    runbook: newRun.runbook,
    event: JSON.stringify(newRun.event),
    audit: textsOf(newRun.audit),
    dueMs: String(newRun.nowMs),
  });
  const key = requestKey(prefix, newRun.idempotencyKey);
  return CreateAnswer.parse(await run('create', { runId: newRun.id, key, args: [text] }));
}

async function read(run: RunScript, runId: string): Promise<RunRecord | null> {
  const answer = ReadAnswer.parse(await run('read', { runId }));
  if (answer === null) return null;
  const [version, epoch, scratch, events] = answer;
  return {
    id: runId,
    version,
    epoch,
    events: events.map(parseStored),
    scratch: scratch === null ? null : parseStored(scratch),
  };
}

/** What is stored travels as text inside the text: Lua's JSON would not give it back unchanged. */
function appendText(runId: string, write: Append): string {
  const { writer, scratch, end } = write;
  return JSON.stringify({
    id: runId,
    lease: writer.kind === 'owner' ? leaseText(writer.lease) : undefined,
    used: writer.kind === 'other' ? (writer.idempotencyKey ?? undefined) : undefined,
    seen: write.seen,
    events: textsOf(write.events),
    audit: textsOf(write.audit),
    locks: (write.takeLocks ?? []).map((lock) => ({ name: lock.name, entry: JSON.stringify(lock) })),
    scratch: scratch === undefined || scratch === null ? undefined : JSON.stringify(scratch),
    clearScratch: scratch === null,
    dueMs: write.dueMs === undefined ? undefined : String(write.dueMs),
    end: end === undefined ? undefined : { keepMs: wholeMs(end.keepMs), keepUntilMs: String(end.nowMs + end.keepMs) },
  });
}

function leases(run: RunScript): Pick<RunStore, 'claim' | 'renew' | 'remaining' | 'park' | 'release'> {
  return {
    async claim(runId, worker, ttlMs, nowMs) {
      const args = [runId, worker, wholeMs(ttlMs), nowMs + ttlMs];
      const epoch = ClaimAnswer.parse(await run('claim', { runId, args }));
      return epoch === null ? null : { runId, worker, epoch };
    },
    async renew(lease, ttlMs, nowMs) {
      const args = [lease.runId, leaseText(lease), wholeMs(ttlMs), nowMs + ttlMs];
      return YesNo.parse(await run('renew', { runId: lease.runId, args }));
    },
    remaining: async (lease) =>
      CountAnswer.parse(await run('remaining', { runId: lease.runId, args: [leaseText(lease)] })),
    async park(lease, seen, wakeAtMs) {
      const args = [lease.runId, leaseText(lease), seen, wakeAtMs];
      return ParkAnswer.parse(await run('park', { runId: lease.runId, args }));
    },
    async release(lease, nowMs) {
      await run('release', { runId: lease.runId, args: [lease.runId, leaseText(lease), nowMs] });
    },
  };
}

async function prune(run: RunScript, nowMs: number): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = CountAnswer.parse(await run('prune', { args: [nowMs, PRUNED_AT_ONCE] }));
    total += removed;
    if (removed < PRUNED_AT_ONCE) return total;
  }
}

function leaseText(lease: Lease): string {
  return `${lease.worker}:${lease.epoch}`;
}

function textsOf(values: readonly (AuditEntry | Append['events'][number])[]): readonly string[] {
  return values.map((value) => JSON.stringify(value));
}

function wholeMs(ms: number): string {
  return Math.max(1, Math.ceil(ms)).toFixed(0);
}
