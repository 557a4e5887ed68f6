import type { AuditEntry } from '../audit.ts';
import type { Link } from '../audit-chain.ts';
import type { ReadEntry } from '../audit-seal.ts';
import type { LockEntry } from '../lock.ts';
import type { RunEvent, Scratch } from '../run-event.ts';
import type { RunRecord } from '../run-state.ts';
import type { ControlKind } from './control-store.ts';

/** The right of one worker to advance one run. Every write of an owner names it. */
export interface Lease {
  readonly runId: string;
  readonly worker: string;
  readonly epoch: number;
}

/** A new run with its first event. */
export interface NewRun {
  readonly id: string;
  readonly cluster: string;
  readonly runbook: string;
  /** Slack's trigger or event id: the same delivery twice makes one run. */
  readonly idempotencyKey: string;
  readonly event: RunEvent;
  readonly audit: readonly AuditEntry[];
  /** When it was asked for, ms since the epoch; it is due at once. */
  readonly nowMs: number;
}

/** Answer of {@link RunStore.create}. */
export type CreateResult =
  | { readonly kind: 'created' }
  /** The key was used before: that run. */
  | { readonly kind: 'duplicate'; readonly runId: string }
  | { readonly kind: 'id-taken' };

/** Who writes: the owner under its lease, or anybody else under an idempotency key (`null`: none needed). */
export type Writer =
  | { readonly kind: 'owner'; readonly lease: Lease }
  | { readonly kind: 'other'; readonly idempotencyKey: string | null };

/** A record of the control store that a write relies on, as it was read. */
export interface Guard {
  readonly kind: ControlKind;
  readonly key: string;
  readonly revision: number | null;
}

/** One atomic write to a run. */
export interface Append {
  readonly writer: Writer;
  /** Version that was read; another version refuses the write as `stale`. */
  readonly seen: number;
  readonly events: readonly RunEvent[];
  readonly audit: readonly AuditEntry[];
  /** Replaces the scratch; `undefined`: untouched, `null`: cleared. */
  readonly scratch?: Scratch | null;
  /** Takes these locks or refuses the whole write. Locks the run already holds are taken again silently. */
  readonly takeLocks?: readonly LockEntry[];
  /** The run ends: releases its locks, removes it from the unfinished, keeps it `keepMs` more. */
  readonly end?: { readonly keepMs: number; readonly nowMs: number };
  /** Refuses the whole write unless this record of the control store still has this revision (`null`: there is none). */
  readonly guard?: Guard;
  /** Others: the run becomes due at this time, so that a lost doorbell loses nothing. */
  readonly dueMs?: number;
}

/** Answer of {@link RunStore.append}. */
export type AppendResult =
  | { readonly kind: 'ok'; readonly version: number }
  | { readonly kind: 'stale'; readonly version: number }
  | { readonly kind: 'lost-lease' }
  /** The idempotency key was used on this run before. Nothing was written. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'lock-held'; readonly lock: LockEntry }
  /** What the write relies on was changed since it was read. Nothing was written. */
  | { readonly kind: 'unguarded' }
  | { readonly kind: 'missing' };

/** A run in a list. */
export interface RunListing {
  readonly id: string;
  readonly cluster: string;
  readonly runbook: string;
  readonly finished: boolean;
}

/** An entry of the audit log with its place in the chain. */
export interface StoredEntry extends Link, ReadEntry {}

/** The newest entry of the audit log: its number (0: there is none) and its hash (`null`: it is from before the chain). */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string | null;
}

/** The store cannot be reached or did not answer in time: whether the call was carried out is unknown. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/**
 * Where runs live: the truth. Every method is one atomic script. Throws {@link StoreUnavailable} when the store cannot be
 * reached; anything else that is thrown is a bug or a record that somebody else wrote.
 * See `docs/architecture.md`.
 */
export interface RunStore {
  create(run: NewRun): Promise<CreateResult>;
  /** The run that a request with this idempotency key made; `null`: none did, or it is not kept any more. */
  requested(idempotencyKey: string): Promise<string | null>;
  read(runId: string): Promise<RunRecord | null>;
  append(runId: string, write: Append): Promise<AppendResult>;
  /** Grants the lease when nobody holds it; the epoch grows with each grant. `null`: held, finished or missing. */
  claim(runId: string, worker: string, ttlMs: number, nowMs: number): Promise<Lease | null>;
  /** Extends a lease that is still held. False: lost. */
  renew(lease: Lease, ttlMs: number, nowMs: number): Promise<boolean>;
  /** Milliseconds the lease is still held by this epoch; 0: lost. */
  remaining(lease: Lease): Promise<number>;
  /**
   * Gives the lease back and sets when the run is due again. Compare-and-set on the version: `stale` when something
   * was written since, then nothing changes and the owner goes on.
   */
  park(lease: Lease, seen: number, wakeAtMs: number): Promise<'ok' | 'stale' | 'lost-lease'>;
  /** Gives the lease back at once, due at once. For shutdown. */
  release(lease: Lease, nowMs: number): Promise<void>;
  /** Unfinished runs that are due. Each is put off by `graceMs`, so that a sweep does not ring the same one every time. */
  due(nowMs: number, limit: number, graceMs: number): Promise<readonly string[]>;
  /** Newest first. */
  list(query: { readonly cluster: string | null; readonly limit: number }): Promise<readonly RunListing[]>;
  /** Unfinished runs by id. */
  unfinished(): Promise<readonly string[]>;
  locks(): Promise<readonly LockEntry[]>;
  /** Takes a lock by hand, whole or not at all. `lock-held`: by what stands in the way, a run or a person. */
  lockByHand(
    lock: LockEntry,
    audit: readonly AuditEntry[],
  ): Promise<{ readonly kind: 'ok' } | { readonly kind: 'lock-held'; readonly lock: LockEntry }>;
  /**
   * Removes a lock by hand if it still has this mark. Nothing else is ever removed: `changed` says what is there under that name
   * now (`null`: nothing), and nothing was audited.
   */
  unlockByHand(
    name: string,
    mark: string,
    audit: readonly AuditEntry[],
  ): Promise<{ readonly kind: 'ok' } | { readonly kind: 'changed'; readonly lock: LockEntry | null }>;
  /**
   * Writes audit entries that belong to no run (refusals, answers). As with those of {@link Append} and {@link NewRun}, secrets
   * are taken out first and each is linked to the one before it: see `docs/adr/0007-audit-chain.md`.
   */
  audit(entries: readonly AuditEntry[]): Promise<void>;
  /** Entries with their places in the chain, oldest first, after sequence `after`. */
  auditEntries(after: number, limit: number): Promise<readonly StoredEntry[]>;
  auditHead(): Promise<AuditHead>;
  /** Removes finished runs whose time is over from all lists. Answers how many. */
  prune(nowMs: number): Promise<number>;
}

/** Wakes workers. It may lose or double a ring; the store may not. */
export interface Doorbell {
  ring(runId: string): Promise<void>;
}
