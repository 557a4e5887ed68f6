import type { JsonObject } from '../json.ts';
import type { OfficeHolder } from './card-store.ts';

/**
 * How far those who follow the audit log have come, by name: the mirror, the anchors, each audit channel. Written by the one
 * that holds the office of its kind; so after a crash or a restart the next one goes on there.
 */
export interface AuditMarks {
  /** `null`: never written. */
  read(name: string): Promise<JsonObject | null>;
  /** Replaces it, while `by` holds the office. Answers false when it does not, and writes nothing then. */
  save(name: string, mark: JsonObject, by: OfficeHolder): Promise<boolean>;
}

/** Offices: one process of all does what is to be done once. */
export interface Offices {
  /** Tries to become or stay the one that holds `name`. Answers whether it is. */
  elect(name: string, who: string, ttlMs: number): Promise<boolean>;
  /** Gives up `name` if held. */
  resign(name: string, who: string): Promise<void>;
}
