import type { Actor } from './actor.ts';
import type { RunOrder } from './command.ts';
import type { Freeze } from './freeze.ts';
import type { LockEntry } from './lock.ts';
import type { Reason } from './reasons.ts';
import type { RunState } from './run-state.ts';
import type { Schedule } from './schedule.ts';
import type { StandingApproval } from './standing-approval.ts';
import type { WindowState } from './window.ts';

/** Who says a word, how, and by which delivery. */
export interface Said {
  readonly actor: Actor;
  readonly idempotencyKey: string;
}

/** What became of a word: what it led to, or why not. The caller audits refusals. */
export type Told<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

/** A freeze that was set. */
export interface Frozen {
  readonly freeze: Freeze;
  /** Runs on the cluster that are not over; what changes something ends before its next step. */
  readonly underWay: readonly RunState[];
}

/** What is to be proposed at the times of a cron expression. */
export interface ScheduleAsk {
  readonly cluster: string;
  readonly cron: string;
  readonly tz: string;
  readonly text: string;
  readonly command: string;
  readonly policyVerb: string;
  readonly flags: readonly string[];
  readonly order: RunOrder;
  /** For how long a standing approval is asked as well, ms; absent: none is asked. */
  readonly standingMs?: number;
}

/**
 * Freezes, locks by hand and schedules, for one person and one delivery. Whether the person may is decided before. What
 * changes something is audited in the same breath. Throws only when the store cannot be reached.
 */
export interface ControlDesk {
  /** Freezes that hold now. */
  freezes(): Promise<readonly Freeze[]>;
  freeze(cluster: string, until: string, reason: string): Promise<Told<Frozen>>;
  thaw(cluster: string): Promise<Told<Freeze>>;
  /** All locks, by runs and by hand. */
  locks(): Promise<readonly LockEntry[]>;
  lock(cluster: string, reason: string): Promise<Told<LockEntry>>;
  /** `mark`: of the lock as it was shown; `null`: it is the person's own, or it is shown now. */
  unlock(cluster: string, mark: string | null): Promise<Told<LockEntry>>;
  schedules(): Promise<readonly Schedule[]>;
  schedule(ask: ScheduleAsk): Promise<Told<Schedule>>;
  unschedule(schedule: Schedule): Promise<Told<Schedule>>;
  /** Standing approvals of schedules: asked for, granted, or over. */
  standings(): Promise<readonly StandingApproval[]>;
  /** Asks for a standing approval that ends so long (ms) after now. */
  askStanding(schedule: Schedule, lastsMs: number): Promise<Told<StandingApproval>>;
  revokeStanding(schedule: Schedule): Promise<Told<StandingApproval>>;
  /** The maintenance windows of a cluster now; `null`: it has none. */
  window(cluster: string): WindowState | null;
  /** An instant (ms) for people; `tz` left out: in the zone of the cluster's first window, else in UTC. */
  words(ms: number, cluster: string, tz?: string): string;
}
