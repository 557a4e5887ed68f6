import type { Actor } from './actor.ts';
import type { Anchor } from './audit-chain.ts';
import type { StoredEntry } from './ports/run-store.ts';
import { parseTime } from './time.ts';

/** What somebody wants to see of the audit log. */
export interface AuditQuery {
  readonly cluster: string;
  /** Entries from this time on, ms since the epoch; `null`: however old. */
  readonly sinceMs: number | null;
  /** Entries by this Slack user or with its vote; `null`: by anybody. */
  readonly by: string | null;
}

/** Entries for one person. */
export interface AuditList {
  /** Newest first. */
  readonly entries: readonly StoredEntry[];
  /** There are more that fit, or may be: not everything was looked through. */
  readonly more: boolean;
  /** Entries that were looked through. */
  readonly looked: number;
}

/** A part of the log as a file that verifies by itself. */
export interface AuditExport {
  readonly name: string;
  /** JSON lines. */
  readonly content: string;
  readonly from: number;
  readonly to: number;
  /** The last entry, as an anchor; `null`: it is from before the chain. */
  readonly head: Anchor | null;
  /** Entries that are there whole. */
  readonly whole: number;
  /** Entries of which only the link is there: other clusters, or other people than were asked for. */
  readonly links: number;
  /** Older entries were left out, because a file has a limit. */
  readonly shortened: boolean;
}

/** The audit log as one person may see it. Throws only when the store cannot be reached. */
export interface AuditView {
  newest(query: AuditQuery, limit: number): Promise<AuditList>;
  /** Records who exports what, then gives it; the record is the newest entry of the file unless others were written meanwhile. */
  export(query: AuditQuery, text: string): Promise<AuditExport>;
}

/** Where views come from. */
export interface AuditDesk {
  viewFor(actor: Actor, place: { readonly channel: string | null; readonly nowMs: number | null }): AuditView;
}

/** Whether an entry is not older than asked for. One without a time that can be read is taken for new. */
export function isSince({ entry: { at } }: StoredEntry, sinceMs: number | null): boolean {
  return sinceMs === null || at === '' || parseTime(at) >= sinceMs;
}

/** Whose entries somebody may see beside those of the cluster that is asked for. */
export interface Sight {
  /** Every configured cluster. */
  readonly clusters: readonly string[];
  /** The person may see the audit log of all of them. */
  readonly all: boolean;
}

/**
 * Whether a query wants an entry. Entries of no configured cluster concern the whole installation: they are only for those who
 * may see the audit log of all clusters.
 */
export function wants(query: AuditQuery, stored: StoredEntry, { clusters, all }: Sight): boolean {
  const { cluster } = stored.entry;
  const isHere = cluster === query.cluster || (all && (cluster === null || !clusters.includes(cluster)));
  return isHere && isSince(stored, query.sinceMs) && (query.by === null || isBy(stored, query.by));
}

function isBy({ entry }: StoredEntry, user: string): boolean {
  const { by } = entry.detail;
  return entry.actor?.user === user || (Array.isArray(by) && by.includes(user));
}
