import type { Anchor } from '../audit-chain.ts';
import type { ObjectStoreErrorCode } from './object-store.ts';

/** Where the mirror of the audit log is written. */
export interface AuditSink {
  /**
   * Number of the newest entry that is there; `null`: none is, or it cannot be told, as for standard output. Removes what is left of
   * a line that was being written when a process died. Throws when the place cannot be used.
   */
  newest(): Promise<number | null>;
  /** Adds whole lines. When it resolves they are out of this process, and in a file also on the disk. */
  write(lines: string): Promise<void>;
}

/**
 * Why a head was not kept: what the store says, or `another-anchor`: another hash has its place, so the log is not the one that was anchored before.
 */
export type AnchorFault = ObjectStoreErrorCode | 'another-anchor';

/** Whether a head was kept; if not, why, in words for people. */
export type AnchorOutcome =
  | { readonly kept: true }
  | { readonly kept: false; readonly fault: AnchorFault; readonly words: string };

/** Where heads of the chain are kept so that nobody who owns the store of the log can change them. */
export interface AuditAnchor {
  /** What people call it. */
  readonly place: string;
  /** Keeps one, with the time (ISO 8601). Keeping the same one again changes nothing. */
  keep(anchor: Anchor, at: string): Promise<AnchorOutcome>;
}
