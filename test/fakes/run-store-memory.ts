import { z } from 'zod';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import type { AuditEntry } from '../../src/core/audit.ts';
import { CHAIN_START, linkHash } from '../../src/core/audit-chain.ts';
import { LockEntry, locksConflict } from '../../src/core/lock.ts';
import type { Lease } from '../../src/core/ports/run-store.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { testSeal } from '../support/test-seal.ts';

/** One run as the fake keeps it: everything that a real store would write down is text. */
export interface StoredRun {
  readonly id: string;
  readonly cluster: string;
  readonly runbook: string;
  readonly requestKey: string;
  version: number;
  epoch: number;
  readonly events: string[];
  scratch: string | null;
  card: string | null;
  /** How often the card was doubted. */
  doubts: number;
  /** Idempotency keys used on this run. */
  readonly seen: Set<string>;
  lease: { readonly token: string; readonly untilMs: number } | null;
  finished: boolean;
  /** When the store forgets it, by its own clock; `null`: never. */
  expiresMs: number | null;
}

/** An audit entry as it is written down. Without hashes: from before the chain. */
export interface StoredText {
  readonly text: string;
  readonly prev: string | null;
  readonly hash: string | null;
}

/** What both fakes stand on, as the real stores stand on one Redis. */
export interface RunMemory {
  /** The store's own clock: leases, elections and keep times end by it. */
  readonly clock: Pick<Clock, 'nowMs'>;
  /** In order of creation. */
  readonly runs: Map<string, StoredRun>;
  readonly requests: Map<string, string>;
  /** Unfinished runs and when they are due, in milliseconds of the caller's clock. */
  readonly due: Map<string, number>;
  /** Finished runs and when they may be pruned, in milliseconds of the caller's clock. */
  readonly finished: Map<string, number>;
  readonly locks: Map<string, string>;
  /** Records of the control store, by `<kind> <key>`. */
  readonly control: Map<string, { readonly revision: number; readonly text: string }>;
  readonly audit: StoredText[];
  /** In order of marking. */
  readonly dirty: Set<string>;
  readonly touched: Set<string>;
  /** Newest incident of each cluster. */
  readonly incidents: Map<string, string>;
  /** How often the message of each was doubted. */
  readonly incidentDoubts: Map<string, number>;
  readonly elected: Map<string, { readonly who: string; readonly untilMs: number }>;
  readonly listeners: Set<(runId: string) => void>;
}

/** An empty memory. */
export function createRunMemory(clock: Pick<Clock, 'nowMs'>): RunMemory {
  return {
    clock,
    runs: new Map(),
    requests: new Map(),
    due: new Map(),
    finished: new Map(),
    locks: new Map(),
    control: new Map(),
    audit: [],
    dirty: new Set(),
    touched: new Set(),
    incidents: new Map(),
    incidentDoubts: new Map(),
    elected: new Map(),
    listeners: new Set(),
  };
}

/** The run, unless its keep time is over. */
export function findRun(memory: RunMemory, runId: string): StoredRun | undefined {
  const run = memory.runs.get(runId);
  if (run === undefined || run.expiresMs === null || run.expiresMs > memory.clock.nowMs()) return run;
  forgetRun(memory, run);
  return undefined;
}

/** Deletes a run with its request key, as expiry does: lists keep the name until they are pruned. */
export function forgetRun(memory: RunMemory, run: StoredRun): void {
  memory.runs.delete(run.id);
  if (memory.requests.get(run.requestKey) === run.id) memory.requests.delete(run.requestKey);
}

/** Text that stands for a lease. */
export function leaseToken(worker: string, epoch: number): string {
  return `${worker}:${epoch}`;
}

/** Milliseconds the lease is still held; 0: lost. */
export function heldMs(memory: RunMemory, lease: Lease): number {
  const held = currentLease(memory, lease.runId);
  return held?.token === leaseToken(lease.worker, lease.epoch) ? held.untilMs - memory.clock.nowMs() : 0;
}

/** The lease somebody holds now, if any. */
export function currentLease(memory: RunMemory, runId: string): StoredRun['lease'] {
  const lease = findRun(memory, runId)?.lease ?? null;
  return lease !== null && lease.untilMs > memory.clock.nowMs() ? lease : null;
}

/** The first lock of another run that stands against one of these. */
export function findConflict(memory: RunMemory, runId: string, wanted: readonly LockEntry[]): LockEntry | null {
  const held = heldLocks(memory).filter((lock) => holderOf(memory, lock.name) !== runId);
  return held.find((lock) => wanted.some((each) => locksConflict(each.name, lock.name))) ?? null;
}

/** All locks, by name. An entry that cannot be read still holds its lock. */
export function heldLocks(memory: RunMemory): readonly LockEntry[] {
  const locks = [...memory.locks].map(([name, text]): LockEntry => {
    const entry = LockEntry.safeParse(storedJson(text));
    return entry.success ? entry.data : { name, runId: '?', owner: '?', reason: 'unreadable entry', since: '' };
  });
  return locks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The run that holds a lock, as far as its entry tells; empty: it does not. */
export function holderOf(memory: RunMemory, name: string): string {
  const holder = Holder.safeParse(storedJson(memory.locks.get(name) ?? ''));
  return holder.success ? holder.data.runId : '';
}

const Holder = z.object({ runId: z.string() });

function storedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Writes audit entries behind the others, each linked to the one before it. */
export function writeAudit(memory: RunMemory, entries: readonly AuditEntry[]): void {
  for (const entry of entries) {
    const { text, hash: entryHash } = testSeal(entry);
    const prev = memory.audit.findLast(({ hash }) => hash !== null)?.hash ?? CHAIN_START;
    const hash = linkHash(canonicalDigest, { seq: memory.audit.length + 1, prev, entry: entryHash });
    memory.audit.push({ text, prev, hash });
  }
}

/** Marks the run's card dirty and tells those who listen. */
export function markChanged(memory: RunMemory, runId: string): void {
  memory.dirty.add(runId);
  for (const listener of memory.listeners) queueMicrotask(() => listener(runId));
}
