import type { Actor } from '../core/actor.ts';
import type { ClusterProfile } from '../core/cluster-profile.ts';
import type { Check } from '../core/plan.ts';
import type { Policy } from '../core/policy.ts';
import type { CallGrant } from '../core/ports/call-budget.ts';
import type { PortName, Ports } from '../core/ports/ports.ts';
import type { Doorbell, RunStore } from '../core/ports/run-store.ts';
import type { Clock, Digest, Ids, Log, Metrics, Triggers } from '../core/ports/runtime.ts';
import type { Witness } from '../core/ports/witness.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import type { AdmissionDeps } from './admission.ts';

/** Times of the engine, in ms. */
export interface EngineSettings {
  /** Name of this worker, unique among processes. */
  readonly worker: string;
  /** How long a lease stands without renewal. */
  readonly leaseMs: number;
  /** What must be left of the lease right before a destructive call. */
  readonly leaseMarginMs: number;
  /** How often a running step looks for a cancel. */
  readonly watchMs: number;
  /** Limit of `plan()`. */
  readonly planTimeoutMs: number;
  /** How often a run that waits for a lock tries again. */
  readonly lockPollMs: number;
  /** How long finished runs are kept before only their audit entries remain. */
  readonly keepFinishedMs: number;
  /** How long a call in flight is waited for at shutdown, before its member is left to the successor. */
  readonly shutdownGraceMs: number;
  /** First pause after an unexpected error; grows with each. */
  readonly retryMs: number;
}

/** Settings of production. Sources: BullMQ's lock of 30 s as the measure for leases; the rest is our choice. */
export const DEFAULT_SETTINGS = {
  leaseMs: 30_000,
  leaseMarginMs: 10_000,
  watchMs: 1000,
  planTimeoutMs: 120_000,
  lockPollMs: 5000,
  keepFinishedMs: 30 * 86_400_000,
  shutdownGraceMs: 20_000,
  retryMs: 5000,
} as const satisfies Omit<EngineSettings, 'worker'>;

/** What asking, voting and cancelling need: the bot has these and no cluster access. */
export interface DeskDeps {
  readonly store: RunStore;
  readonly doorbell: Doorbell;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly runbooks: readonly AnyRunbook[];
  /** Freezes and maintenance windows. */
  readonly admission: AdmissionDeps;
  /** The policy as it is now. */
  policy(): Policy;
  /**
   * The policy with these people looked up anew, by a look that began after this call. Left out: `policy` is looked up anew each time
   * by itself. A throw means that it cannot be told who they are: nothing is counted then.
   */
  freshPolicy?(users: readonly string[]): Promise<Policy>;
  /** Takes one of the runs that a person may ask for in a minute, or says when to ask again. Left out: there is no limit. */
  mayAsk?(actor: Actor): Promise<CallGrant>;
}

/** What advancing runs needs: the worker has these. */
export interface EngineDeps extends DeskDeps {
  readonly digest: Digest;
  readonly metrics: Metrics;
  readonly triggers: Triggers;
  readonly settings: EngineSettings;
  /**
   * The policy of this worker's own configuration, with members of groups as they were stored last, however long ago: what is
   * recorded is judged by it once more. Left out: `policy`. Throws when the store cannot be reached.
   */
  recordedPolicy?(): Promise<Policy>;
  /** The configuration of a cluster; `null`: not configured here. */
  cluster(name: string): ClusterProfile | null;
  /** Ports bound to a cluster. Throws when one cannot be made, with words for people. */
  ports(cluster: string, names: readonly PortName[]): Promise<Ports>;
  /**
   * Checks beside those of every runbook, for instance whether the cluster hosts Drydock. `changes`: the plan has a step that does
   * more than read. Never throws; empty: none.
   */
  standing(cluster: string, changes: boolean, signal: AbortSignal): Promise<readonly Check[]>;
  /** What the cluster itself remembers of destructive calls; `null`: it has no Kubernetes API to remember them. */
  witness(cluster: string): Witness | null;
}
