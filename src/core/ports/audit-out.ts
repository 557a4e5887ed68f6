import type { Anchor } from '../audit-chain.ts';

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

/** Where heads of the chain are kept so that nobody who owns the store can change them. */
export interface AuditAnchor {
  /** Keeps one. Keeping the same one again changes nothing. Throws when it cannot be kept, or when another one has its place. */
  keep(anchor: Anchor, at: string): Promise<void>;
}
