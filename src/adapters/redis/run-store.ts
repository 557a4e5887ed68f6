import type { Redis } from 'ioredis';
import type { SealEntry } from '../../core/audit-seal.ts';
import type { Append, CreateResult, Lease, NewRun, RunStore } from '../../core/ports/run-store.ts';
import type { RunRecord } from '../../core/run-state.ts';
import {
  AppendAnswer,
  AuditAnswer,
  ClaimAnswer,
  CountAnswer,
  CreateAnswer,
  HeadAnswer,
  Ids,
  ListAnswer,
  LockAnswer,
  LocksAnswer,
  ParkAnswer,
  parseStored,
  ReadAnswer,
  readLock,
  UnlockAnswer,
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

/** What the run store needs besides. */
export interface RedisRunStoreOptions extends RedisStoreOptions {
  /** Every audit entry passes it. */
  readonly seal: SealEntry;
}

const PRUNED_AT_ONCE = 500;

/** The run store on Redis. Keys and scripts: `docs/adr/0003-keys-of-the-run-store.md`. */
export function createRedisRunStore({ redis, prefix = DEFAULT_PREFIX, seal }: RedisRunStoreOptions): RunStore {
  const run = createScripts(redis, prefix);
  return {
    create: (newRun) => create(run, prefix, seal, newRun),
    requested: async (key) => await askRedis('requested', async () => await redis.get(requestKey(prefix, key))),
    read: (runId) => read(run, runId),
    append: async (runId, write) => {
      // A lease of another run is no lease of this one, even if worker and epoch are the same.
      if (write.writer.kind === 'owner' && write.writer.lease.runId !== runId) return { kind: 'lost-lease' };
      return AppendAnswer.parse(await run('append', { runId, args: [appendText(runId, write, seal)] }));
    },
    ...leases(run),
    due: async (nowMs, limit, graceMs) => Ids.parse(await run('due', { args: [nowMs, limit, nowMs + graceMs] })),
    list: async ({ cluster, limit }) => ListAnswer.parse(await run('list', { args: [limit, cluster ?? ''] })),
    unfinished: async () =>
      (await askRedis('unfinished', async () => await redis.zrange(`${prefix}due`, '0', '-1'))).toSorted(),
    locks: async () => LocksAnswer.parse(await askRedis('locks', async () => await redis.hgetall(`${prefix}locks`))),
    ...locksByHand(run, seal),
    ...auditLog(redis, prefix, seal, run),
    prune: (nowMs) => prune(run, nowMs),
  };
}

function locksByHand(run: RunScript, seal: SealEntry): Pick<RunStore, 'lockByHand' | 'unlockByHand'> {
  return {
    async lockByHand(lock, audit) {
      const text = { lock: { name: lock.name, entry: JSON.stringify(lock) }, audit: audit.map(seal) };
      return LockAnswer.parse(await run('lock', { args: [JSON.stringify(text)] }));
    },
    async unlockByHand(name, mark, audit) {
      const text = JSON.stringify({ name, mark, audit: audit.map(seal) });
      const [kind, found = null] = UnlockAnswer.parse(await run('unlock', { args: [text] }));
      return kind === 'ok' ? { kind } : { kind, lock: found === null ? null : readLock(name, found) };
    },
  };
}

function auditLog(
  redis: Redis,
  prefix: string,
  seal: SealEntry,
  run: RunScript,
): Pick<RunStore, 'audit' | 'auditEntries' | 'auditHead'> {
  return {
    async audit(entries) {
      await run('audit', { args: [JSON.stringify(entries.map(seal))] });
    },
    auditEntries: async (after, limit) =>
      AuditAnswer.parse(
        await askRedis(
          'auditEntries',
          async () => await redis.xrange(`${prefix}audit`, `(${after}-0`, '+', 'COUNT', limit),
        ),
      ),
    auditHead: async () =>
      HeadAnswer.parse(
        await askRedis('auditHead', async () => await redis.hmget(`${prefix}counters`, 'audit', 'audit:head')),
      ),
  };
}

async function create(run: RunScript, prefix: string, seal: SealEntry, newRun: NewRun): Promise<CreateResult> {
  const text = JSON.stringify({
    id: newRun.id,
    cluster: newRun.cluster,
    runbook: newRun.runbook,
    event: JSON.stringify(newRun.event),
    audit: newRun.audit.map(seal),
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
function appendText(runId: string, write: Append, seal: SealEntry): string {
  const { writer, scratch, end, guard } = write;
  return JSON.stringify({
    id: runId,
    lease: writer.kind === 'owner' ? leaseText(writer.lease) : undefined,
    used: writer.kind === 'other' ? (writer.idempotencyKey ?? undefined) : undefined,
    seen: write.seen,
    events: textsOf(write.events),
    audit: write.audit.map(seal),
    locks: (write.takeLocks ?? []).map((lock) => ({ name: lock.name, entry: JSON.stringify(lock) })),
    scratch: scratch === undefined || scratch === null ? undefined : JSON.stringify(scratch),
    clearScratch: scratch === null,
    guard:
      guard === undefined
        ? undefined
        : { ...guard, revision: guard.revision === null ? undefined : String(guard.revision) },
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

function textsOf(values: Append['events']): readonly string[] {
  return values.map((value) => JSON.stringify(value));
}

function wholeMs(ms: number): string {
  return Math.max(1, Math.ceil(ms)).toFixed(0);
}
