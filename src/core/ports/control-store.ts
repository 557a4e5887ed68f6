import type { AuditEntry } from '../audit.ts';
import type { JsonObject } from '../json.ts';

/**
 * Kinds of records: freezes by cluster, schedules and standing approvals by the schedule's id, what was seen of backups by cluster, and notices
 * that a channel is still to be told.
 */
export const CONTROL_KINDS = ['freeze', 'schedule', 'standing', 'backups', 'notice'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

/** One record. A revision is never used twice, also not after the record was removed and made again. */
export interface ControlRecord {
  readonly kind: ControlKind;
  readonly key: string;
  readonly revision: number;
  /** As it was stored; readers parse it. Text that is no JSON is `null`. */
  readonly value: unknown;
}

/** One change of one record, whole or not at all. */
export interface ControlWrite {
  readonly kind: ControlKind;
  readonly key: string;
  /** Revision that was read; `null`: there must be no such record. */
  readonly seen: number | null;
  /** What it becomes; `null`: it is removed. */
  readonly value: JsonObject | null;
  /** Written in the same breath. */
  readonly audit: readonly AuditEntry[];
  /** Another record that is made, or removed (`null`), in the same breath, whatever is there. */
  readonly also?: { readonly kind: ControlKind; readonly key: string; readonly value: JsonObject | null };
  /** What a channel is to be told of it, written in the same breath. */
  readonly notice?: { readonly key: string; readonly value: JsonObject };
}

/** Answer of {@link ControlStore.write}. */
export type ControlResult =
  /** The new revision; that of the removal when it was removed. */
  | { readonly kind: 'ok'; readonly revision: number }
  /** Somebody else was faster: what is there now (`null`: nothing). Nothing was written, no entry either. */
  | { readonly kind: 'stale'; readonly current: ControlRecord | null };

/**
 * Where freezes and schedules live: few records that change rarely, by compare-and-set. Every method is one atomic step.
 * Throws `StoreUnavailable` when the store cannot be reached.
 */
export interface ControlStore {
  read(kind: ControlKind, key: string): Promise<ControlRecord | null>;
  /** All of a kind, by key. */
  list(kind: ControlKind): Promise<readonly ControlRecord[]>;
  write(write: ControlWrite): Promise<ControlResult>;
}
