import { z } from 'zod';
import { Cursor } from '../../../src/core/drain/cursor.ts';
import type { WaveLimits } from '../../../src/core/drain/evictions.ts';
import { DrainFacts } from '../../../src/core/drain/facts.ts';
import type { StepAnswer } from '../../../src/core/step.ts';

/** Input of `nodes.drain@1`. */
export const DrainInput = z.object({
  /** What the approval relies on. */
  facts: DrainFacts,
  /** Nodes and pods of a node at once; times in ms. */
  limits: z.object({
    parallelNodes: z.number().int().positive(),
    parallelPods: z.number().int().positive(),
    nodeMs: z.number().int().positive(),
    wholeMs: z.number().int().positive(),
    stuckMs: z.number().int().positive(),
  }),
  /** Grace period of each pod, s; `null`: its own. */
  graceSeconds: z.number().int().positive().nullable(),
  /** Pods that are stuck in the end are left to a later step of the plan; else they end the run. */
  leavesStuck: z.boolean(),
  /** Nodes with other members of etcd that others kept cordoned when the plan was made, by name; absent: none. */
  keptCordoned: z.array(z.string()).exactOptional(),
});
export type DrainInput = z.infer<typeof DrainInput>;

/** A pod by its identity. */
export const PodId = z.object({
  namespace: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
  node: z.string().min(1),
});
export type PodId = z.infer<typeof PodId>;

/** A pod that does not end, and how that stands, for people. */
export const StuckId = PodId.extend({ words: z.string() });
export type StuckId = z.infer<typeof StuckId>;

/** How a cluster is, as far as a drain must not make it worse. */
export const Condition = z.object({
  /** Names of nodes that are not ready and are not drained. */
  notReady: z.array(z.string()),
  /** How many pods have found no node. */
  homeless: z.number().int(),
  /** Ready replicas of the owners whose pods go, by uid; of kinds that say so. */
  ready: z.record(z.string(), z.number().int()),
});
export type Condition = z.infer<typeof Condition>;

/** State of `nodes.drain@1` between two turns. Times in ms since the epoch. */
export const DrainState = z.object({
  /** `null`: nothing was looked at yet. */
  cursor: Cursor.nullable(),
  /** How the cluster was at the first look. */
  before: Condition.nullable(),
  /** Since when the cluster cannot be seen whole; `null`: it can. */
  silentSince: z.number().nullable(),
  /** Since when it is worse than it was before; `null`: it is not. */
  worseSince: z.number().nullable(),
});
export type DrainState = z.infer<typeof DrainState>;

/** The state before the first turn. */
export const NOT_BEGUN: DrainState = { cursor: null, before: null, silentSince: null, worseSince: null };

/** Output of `nodes.drain@1`. */
export const DrainOutput = z.object({
  /** Evictions that the server took, and those that it refused at first. */
  evicted: z.number().int(),
  refused: z.number().int(),
  /** Pods that do not end, where a later step is for them: what the gate before it asks about. */
  stuck: z.array(StuckId),
  /** How the cluster was before. */
  before: Condition,
});
export type DrainOutput = z.infer<typeof DrainOutput>;

/** What a turn of a drain answers. */
export type DrainAnswer = StepAnswer<DrainState, DrainOutput>;

/** Limits and consents as the core wants them. */
export function waveLimits({ limits, facts }: DrainInput): WaveLimits {
  return { ...limits, consents: facts.consents };
}
