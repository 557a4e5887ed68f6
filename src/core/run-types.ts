import type { Actor } from './actor.ts';
import type { Json } from './json.ts';
import type { GateSpec, Plan } from './plan.ts';
import type { EndReason, RunOutcome } from './reasons.ts';
import type { RunRequest, Scratch } from './run-event.ts';
import type { InAdvance, NotInAdvance } from './standing-use.ts';
import type { Withheld } from './withheld.ts';

/** A stored run: events as they were read, plus the part that is replaced in place. */
export interface RunRecord {
  readonly id: string;
  /** Grows with every write. */
  readonly version: number;
  /** Epoch of the last lease that was granted. */
  readonly epoch: number;
  readonly events: readonly unknown[];
  readonly scratch: unknown;
}

/** One person's answer to one gate. */
export interface Vote {
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  readonly note: string | null;
  readonly at: string;
}

/** A gate that was opened. Times are ISO. */
export interface GateState {
  readonly spec: GateSpec;
  readonly hash: string;
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly votes: readonly Vote[];
  /** `null`: nobody was reminded yet. */
  readonly remindedAt: string | null;
  /** Since when the roles it escalates to may decide; `null`: they may not. */
  readonly escalatedAt: string | null;
  readonly settled: {
    readonly verdict: 'approved' | 'rejected' | 'expired';
    readonly by: readonly Actor[];
    readonly note: string | null;
    readonly at: string;
    /** The standing approval that met it; absent: people answered. */
    readonly inAdvance?: InAdvance;
    /** What its watch saw; absent: people answered. */
    readonly observed?: string;
  } | null;
  /** Why a standing approval did not meet it; absent: none was judged. */
  readonly notInAdvance?: NotInAdvance;
}

/** A destructive call that was announced. `observed` is null until its outcome was looked at. */
export interface ActState {
  readonly index: number;
  readonly item: string;
  readonly action: string;
  readonly facts: Json;
  readonly at: string;
  readonly observed: {
    readonly result: 'done' | 'not-done' | 'unknown';
    readonly note: string;
    readonly evidence: Json;
    readonly at: string;
    /** The cluster took note of the call; absent: not known. */
    readonly noted?: true;
    /** Why the call was never made; absent: it was, or may have been. */
    readonly withheld?: Withheld;
  } | null;
}

/** Progress of one step of the plan. */
export interface StepState {
  readonly index: number;
  readonly status: 'pending' | 'running' | 'done';
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly doneAt: string | null;
  readonly output: Json;
  readonly note: string;
  /** What stood against beginning it, and why it was begun all the same; absent: nothing did. */
  readonly despite?: string;
}

/** Something changed only for the run's duration. */
export interface CleanupState {
  readonly id: string;
  readonly kind: string;
  readonly input: Json;
  readonly summary: string;
  readonly status: 'registered' | 'done' | 'failed';
  readonly note: string;
  /** It was settled while the run went on: what it is for stays, or is over. Absent: by the ending, or not at all. */
  readonly isBeforeEnd?: boolean;
}

/** State of a run: the fold of its events. */
export interface RunState {
  readonly id: string;
  readonly version: number;
  readonly request: RunRequest | null;
  readonly requestedAt: string;
  readonly plan: Plan | null;
  readonly planHash: string | null;
  readonly gates: readonly GateState[];
  /** Locks held; `null`: not taken yet. */
  readonly locks: readonly string[] | null;
  readonly lockWait: {
    readonly lock: string;
    /** A run; empty for a lock by hand. */
    readonly heldBy: string;
    readonly byHand?: { readonly user: string; readonly reason: string; readonly since: string };
    readonly since: string;
  } | null;
  /** The maintenance window it waits or waited for; `null`: it never had to. */
  readonly windowWait: {
    readonly opensAt: string;
    readonly words: string;
    readonly since: string;
    /** The first opening it waited for: from then an approval given before is counted. */
    readonly firstOpensAt: string;
    /** It waits no more. */
    readonly over: boolean;
  } | null;
  readonly steps: readonly StepState[];
  readonly acts: readonly ActState[];
  readonly cleanups: readonly CleanupState[];
  readonly cancel: { readonly actor: Actor; readonly at: string } | null;
  readonly ending: { readonly reason: EndReason; readonly note: string; readonly at: string } | null;
  readonly ended: {
    readonly outcome: RunOutcome;
    readonly reason: EndReason;
    readonly note: string;
    readonly at: string;
  } | null;
  readonly scratch: Scratch | null;
  /** An event this version does not know; the run waits for a newer worker. */
  readonly unknown: string | null;
  readonly lastEventAt: string;
}
