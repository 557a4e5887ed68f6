import { readEntry } from '../../src/core/audit-seal.ts';
import type { CreateResult, Lease, NewRun, RunListing, RunStore, StoredEntry } from '../../src/core/ports/run-store.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import type { RunRecord } from '../../src/core/run-state.ts';
import { appendToMemory } from './run-store-append.ts';
import { createFailures, type Failures } from './run-store-failures.ts';
import { lockInMemory, unlockInMemory } from './run-store-locks.ts';
import {
  createRunMemory,
  currentLease,
  findRun,
  forgetRun,
  heldLocks,
  heldMs,
  leaseToken,
  markChanged,
  type RunMemory,
  type StoredRun,
  writeAudit,
} from './run-store-memory.ts';

/** A run store in memory that keeps the contract of the real one, with knobs for faults. */
export interface FakeRunStore extends RunStore {
  /** Shared with `createFakeCardStore`; tests may look, and may break things on purpose (`events.push('{')`). */
  readonly memory: RunMemory;
  /** Makes calls fail as when the store cannot be reached. */
  readonly failures: Failures<keyof RunStore>;
}

/** Leases and keep times end by `clock`, as they end by Redis's own clock in the real store. */
export function createFakeRunStore(clock: Pick<Clock, 'nowMs'>): FakeRunStore {
  const memory = createRunMemory(clock);
  const failures = createFailures<keyof RunStore>();
  const { call } = failures;
  return {
    memory,
    failures,
    create: (run) => call('create', () => create(memory, run)),
    requested: (key) => call('requested', () => memory.requests.get(key) ?? null),
    read: (runId) => call('read', () => read(memory, runId)),
    append: (runId, write) => call('append', () => appendToMemory(memory, runId, write)),
    claim: (runId, worker, ttlMs, nowMs) => call('claim', () => claim(memory, { runId, worker, ttlMs, nowMs })),
    renew: (lease, ttlMs, nowMs) => call('renew', () => renew(memory, lease, ttlMs, nowMs)),
    remaining: (lease) => call('remaining', () => heldMs(memory, lease)),
    park: (lease, seen, wakeAtMs) => call('park', () => park(memory, lease, seen, wakeAtMs)),
    release: (lease, nowMs) => call('release', () => giveBack(memory, lease, nowMs)),
    due: (nowMs, limit, graceMs) => call('due', () => takeDue(memory, { nowMs, limit, graceMs })),
    list: (query) => call('list', () => list(memory, query)),
    unfinished: () => call('unfinished', () => [...memory.due.keys()].toSorted()),
    locks: () => call('locks', () => heldLocks(memory)),
    lockByHand: (lock, audit) => call('lockByHand', () => lockInMemory(memory, lock, audit)),
    unlockByHand: (name, mark, audit) => call('unlockByHand', () => unlockInMemory(memory, name, mark, audit)),
    audit: (entries) => call('audit', () => writeAudit(memory, entries)),
    auditEntries: (after, limit) => call('auditEntries', () => auditEntries(memory, after, limit)),
    auditHead: () => call('auditHead', () => ({ seq: memory.audit.length, hash: memory.audit.at(-1)?.hash ?? null })),
    prune: (nowMs) => call('prune', () => prune(memory, nowMs)),
  };
}

function create(memory: RunMemory, run: NewRun): CreateResult {
  const known = memory.requests.get(run.idempotencyKey);
  if (known !== undefined && findRun(memory, known) !== undefined) return { kind: 'duplicate', runId: known };
  if (findRun(memory, run.id) !== undefined) return { kind: 'id-taken' };
  memory.requests.set(run.idempotencyKey, run.id);
  memory.runs.set(run.id, {
    id: run.id,
    cluster: run.cluster,
    runbook: run.runbook,
    requestKey: run.idempotencyKey,
    version: 1,
    epoch: 0,
    events: [JSON.stringify(run.event)],
    scratch: null,
    card: null,
    doubts: 0,
    seen: new Set(),
    lease: null,
    finished: false,
    expiresMs: null,
  });
  memory.finished.delete(run.id);
  memory.due.set(run.id, run.nowMs);
  writeAudit(memory, run.audit);
  markChanged(memory, run.id);
  return { kind: 'created' };
}

function read(memory: RunMemory, runId: string): RunRecord | null {
  const run = findRun(memory, runId);
  if (run === undefined) return null;
  const scratch = run.scratch === null ? null : parseStored(run.scratch);
  return { id: run.id, version: run.version, epoch: run.epoch, events: run.events.map(parseStored), scratch };
}

function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { type: 'unreadable' };
  }
}

interface Claim {
  readonly runId: string;
  readonly worker: string;
  readonly ttlMs: number;
  readonly nowMs: number;
}

function claim(memory: RunMemory, { runId, worker, ttlMs, nowMs }: Claim): Lease | null {
  const run = findRun(memory, runId);
  if (run === undefined || run.finished || currentLease(memory, runId) !== null) return null;
  run.epoch += 1;
  hold(memory, run, leaseToken(worker, run.epoch), ttlMs);
  memory.due.set(runId, nowMs + ttlMs);
  return { runId, worker, epoch: run.epoch };
}

function hold(memory: RunMemory, run: StoredRun, token: string, ttlMs: number): void {
  run.lease = { token, untilMs: memory.clock.nowMs() + ttlMs };
}

function renew(memory: RunMemory, lease: Lease, ttlMs: number, nowMs: number): boolean {
  const run = findRun(memory, lease.runId);
  if (run === undefined || heldMs(memory, lease) <= 0) return false;
  hold(memory, run, leaseToken(lease.worker, lease.epoch), ttlMs);
  memory.due.set(lease.runId, nowMs + ttlMs);
  return true;
}

function park(memory: RunMemory, lease: Lease, seen: number, wakeAtMs: number): 'ok' | 'stale' | 'lost-lease' {
  if (heldMs(memory, lease) <= 0) return 'lost-lease';
  if (findRun(memory, lease.runId)?.version !== seen) return 'stale';
  giveBack(memory, lease, wakeAtMs);
  return 'ok';
}

function giveBack(memory: RunMemory, lease: Lease, dueMs: number): void {
  const run = findRun(memory, lease.runId);
  if (run === undefined || heldMs(memory, lease) <= 0) return;
  run.lease = null;
  memory.due.set(lease.runId, dueMs);
}

interface Sweep {
  readonly nowMs: number;
  readonly limit: number;
  readonly graceMs: number;
}

function takeDue(memory: RunMemory, { nowMs, limit, graceMs }: Sweep): readonly string[] {
  const due = [...memory.due].filter(([, dueMs]) => dueMs <= nowMs).toSorted(([, a], [, b]) => a - b);
  const ids = due.slice(0, limit).map(([runId]) => runId);
  for (const runId of ids) memory.due.set(runId, nowMs + graceMs);
  return ids;
}

function list(
  memory: RunMemory,
  query: { readonly cluster: string | null; readonly limit: number },
): readonly RunListing[] {
  const ids = [...memory.runs.keys()].toReversed();
  const runs = ids.map((id) => findRun(memory, id)).filter((run) => run !== undefined);
  const wanted = runs.filter((run) => query.cluster === null || run.cluster === query.cluster);
  return wanted.slice(0, query.limit).map(({ id, cluster, runbook, finished }) => ({ id, cluster, runbook, finished }));
}

function auditEntries(memory: RunMemory, after: number, limit: number): readonly StoredEntry[] {
  const found: StoredEntry[] = [];
  for (const [index, { text, prev, hash }] of memory.audit.slice(after, after + limit).entries())
    found.push({ seq: after + index + 1, prev, hash, ...readEntry(text) });
  return found;
}

function prune(memory: RunMemory, nowMs: number): number {
  const over = [...memory.finished].filter(([, keepUntilMs]) => keepUntilMs <= nowMs);
  for (const [runId] of over) {
    memory.finished.delete(runId);
    const run = memory.runs.get(runId);
    if (run !== undefined) forgetRun(memory, run);
  }
  return over.length;
}
