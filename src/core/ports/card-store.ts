import type { Incident } from '../incident.ts';

/** What the projector knows of one run's card. */
export interface CardRecord {
  readonly runId: string;
  readonly channel: string;
  /** Thread the card itself lives in; `null`: top level. */
  readonly threadTs: string | null;
  /** Timestamp of the posted card; `null`: not posted, or posted and not yet known. */
  readonly ts: string | null;
  /** Set before posting: a post may have been made whose `ts` was not stored. Look for it by metadata. */
  readonly posting: boolean;
  /** Run version shown by the card; −1: none. */
  readonly shownVersion: number;
  /** Fingerprint of what the card shows, so that an equal card is not sent again. */
  readonly shownDigest: string;
  /** What people waited for when the card was last sent; empty: not known. */
  readonly shownUrgency: string;
  /** How often the card had been doubted when it was last read: see {@link CardStore.doubt}. */
  readonly doubts: number;
  /** Link to the card that this one took over from; `null`: it is the first, or that one is gone. */
  readonly replaces: string | null;
  /** Number of run events whose thread messages were delivered. */
  readonly threadEvents: number;
  /** The final card was delivered. */
  readonly final: boolean;
}

/** The message on one incident. */
export interface IncidentMessageRecord {
  readonly incident: Incident;
  readonly channel: string;
  /** Timestamp of the message; `null`: not posted, or posted and not yet known. */
  readonly ts: string | null;
  /** Set before posting: a post may have been made whose `ts` was not stored. Look for it by metadata. */
  readonly posting: boolean;
  /** Fingerprint of what the message shows. */
  readonly shownDigest: string;
  /** Links to the cards of the runs it names, by run. */
  readonly links: Readonly<Record<string, string>>;
}

/** The message that keeps a channel current on the newest incident of a cluster. At most one a cluster is open. */
export interface IncidentRecord extends IncidentMessageRecord {
  /** How often the message had been doubted when it was last read. */
  readonly doubts: number;
  /** Incidents that were over before their last words could be told, oldest first. */
  readonly older: readonly IncidentMessageRecord[];
}

/** Who writes, and the office that permits it. */
export interface OfficeHolder {
  readonly office: string;
  readonly who: string;
}

/** What the projector needs of the store. Written only by the elected projector. */
export interface CardStore {
  /** Runs whose record changed since their card was marked clean, longest waiting first. */
  dirty(limit: number): Promise<readonly { readonly runId: string; readonly version: number }[]>;
  card(runId: string): Promise<CardRecord | null>;
  /** Saves the card; with `by` only while that one holds the office. Answers false when it does not. */
  save(card: CardRecord, by?: OfficeHolder): Promise<boolean>;
  /** Marks a run clean unless it changed after `version`. */
  clean(runId: string, version: number): Promise<void>;
  /** Marks a run as changed (for a card that must be posted anew). */
  touch(runId: string): Promise<void>;
  /**
   * Says that somebody without the office may have written over the card: what it shows is unknown until it is sent again
   * (`shownDigest` and `shownUrgency` are read as empty), and the run is marked as changed. Anybody may say so.
   */
  doubt(runId: string): Promise<void>;
  /** The newest incident of a cluster; `null`: there never was one. It outlives the runs it names. */
  incident(cluster: string): Promise<IncidentRecord | null>;
  /** Replaces the newest incident of its cluster; with `by` only while that one holds the office. */
  saveIncident(record: IncidentRecord, by?: OfficeHolder): Promise<boolean>;
  /** As {@link CardStore.doubt}, of the message of a cluster's incident. Marks no run as changed. */
  doubtIncident(cluster: string): Promise<void>;
  /** Tries to become or stay the one that holds `name`. Answers whether it is. */
  elect(name: string, who: string, ttlMs: number): Promise<boolean>;
  /** Gives up `name` if held. */
  resign(name: string, who: string): Promise<void>;
  /** Calls back whenever a run changed (best effort; poll as well). Answers a function that stops it. */
  onChange(callback: (runId: string) => void): Promise<() => Promise<void>>;
}
