import type { z } from 'zod';
import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import type { DrainEnd } from '../../src/core/drain/drain-end.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import type { Check, PlannedStep } from '../../src/core/plan.ts';
import type { ObjectRef } from '../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { AnyCleanup, AnyWatch, CleanupContext, DraftGate, PlanContext } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import type { AnyStep, StepContext } from '../../src/core/step.ts';
import type { ObjectChange } from '../steps/object-change.ts';

/** Ports that a provider may use. */
export type GroupPorts = 'kubernetes' | 'management' | 'etcd' | 'backups';
/** What finding the groups may use: the API servers alone, so that looking at groups asks for no way to etcd. */
export type DiscoverContext = PlanContext<'kubernetes' | 'management'>;
/** What looking and planning may use. */
export type GroupPlanContext = PlanContext<GroupPorts>;
/** What its steps may use. */
export type GroupStepContext = StepContext<'kubernetes' | 'management'>;
/** What stopping may use: it is asked when a run ends, and no step is there any more. */
export type GroupStopContext = Pick<CleanupContext<'kubernetes' | 'management'>, 'ports' | 'signal' | 'nowMs'>;

/** What is asked of a provider. */
export interface UpgradeOrder {
  /** Target as typed and checked: `v1.31.4`. */
  readonly to: string;
  /** The control plane is upgraded earlier in the same plan. */
  readonly controlPlaneFirst: boolean;
  /** Names of all groups that the same plan upgrades. Absent: this one alone. */
  readonly together?: readonly string[];
  /** Who asked: team and user. */
  readonly by: string;
  /** A recent backup to rely on, or `latest`; `null`: a fresh one is taken. */
  readonly backup: string | null;
  /** Further words of the command that only this provider understands. */
  readonly options: JsonObject;
}

/** Groups of a cluster, or why they cannot be told. `why`: without a period. */
export type Discovered =
  | {
      readonly kind: 'groups';
      readonly identity: string;
      readonly groups: readonly NodeGroup[];
      /** Version of the API server, where no group is the control plane. */
      readonly serverVersion?: string;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'unseen'; readonly reason: EndReason; readonly why: string };

/** One line of a plan. */
export interface GroupLine {
  readonly step: PlannedStep;
  readonly forecast: string;
  readonly estimateMs: number | null;
  /** Gates that open before it, in this order; absent: none. */
  readonly gates?: readonly Omit<DraftGate, 'beforeStep'>[];
}

/** A field of an object that lines of a plan change: whoever keeps the object in Git is to be told. */
export interface PlannedPatch {
  readonly cluster: 'management' | 'workload';
  readonly ref: ObjectRef;
  readonly uid: string;
  /** Fields that change, as names from the top: `['spec', 'version']`. */
  readonly paths: readonly (readonly string[])[];
  /** The same as a merge patch, for Git. */
  readonly merge: JsonObject;
  /** New objects that the patch names, as they are made: Git needs them too, first. Absent: none. */
  readonly makes?: readonly JsonObject[];
  /** What else belongs into Git with it and no merge patch can say, each in one sentence. Absent: nothing. */
  readonly besides?: readonly string[];
}

/** What the nodes of a cluster go through when lines are carried out. */
export interface Leaving {
  /** Nodes that end, one after another. */
  readonly nodes: readonly string[];
  /** How many new ones stand beside them at most. */
  readonly surge: number;
  /** How many are away at once at most. */
  readonly unavailable: number;
  /** How drains of them end by themselves. Absent: they wait for budgets for ever. */
  readonly ends?: readonly DrainEnd[];
}

/** What a provider plans. With a blocking check its lines do not count. */
export interface GroupPlan {
  readonly lines: readonly GroupLine[];
  /** Looks once more whether the group is where it is to be, where something else comes behind the lines. Reads only. Absent: nobody can. */
  readonly closing?: readonly GroupLine[];
  readonly checks: readonly Check[];
  /** Identities and versions; hashed. */
  readonly facts: JsonObject;
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  /** Further locks, by the uid of an object of another cluster. */
  readonly locks: readonly string[];
  readonly patches: readonly PlannedPatch[];
  readonly leaving: Leaving;
}

/** A plan of nothing: nothing is changed, and no node leaves. */
export const EMPTY_PLAN: GroupPlan = {
  lines: [],
  checks: [],
  facts: {},
  notes: [],
  before: [],
  locks: [],
  patches: [],
  leaving: { nodes: [], surge: 0, unavailable: 0 },
};

/** One look at a change that others carry out. Words without a period. */
export type Progress =
  | {
      readonly kind: 'rolling';
      readonly done: number;
      readonly total: number;
      readonly words: string;
      readonly tree: readonly string[];
      readonly moved: string;
    }
  | { readonly kind: 'done'; readonly words: string; readonly tree: readonly string[] }
  /** It will not get there by itself. */
  | { readonly kind: 'stopped'; readonly reason: EndReason; readonly words: string; readonly tree: readonly string[] }
  | Unseen;

/** A look that saw nothing; `what` names the cluster that is silent or refuses. `words`: without a period. */
export interface Unseen {
  readonly kind: 'unseen';
  readonly what: 'management' | 'workload';
  /** How a run ends that waited for it in vain. Absent: the cluster is silent. */
  readonly reason?: 'access-refused';
  readonly words: string;
}

/** What is true at the end, seen on machines and nodes and not on what their owner says. */
export interface Verified {
  /** What is not as it should be, in words; empty: everything is. */
  readonly troubles: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly notes: readonly string[];
}

/**
 * Somebody who knows groups of nodes and how their machines are replaced. `Change` is what of a plan a step is given: stored and hashed, so
 * identities and versions only.
 */
export interface NodeGroupProvider<Change> {
  readonly id: string;
  readonly change: z.ZodType<Change>;
  /** Whether it is asked for this cluster. The first of the list that says so is. */
  serves(cluster: ClusterProfile): boolean;
  discover(context: DiscoverContext): Promise<Discovered>;
  /** What speaks against changing this group to this version, from the provider's own objects. */
  preflight(context: GroupPlanContext, group: NodeGroup, order: UpgradeOrder): Promise<readonly Check[]>;
  plan(context: GroupPlanContext, group: NodeGroup, order: UpgradeOrder): Promise<GroupPlan>;
  /** The announced calls that begin the change, in their order. With the last one machines begin to go: right before it `stop` is registered. */
  apply(context: GroupStepContext, change: Change): readonly ObjectChange[];
  /** One look at how far it is. */
  poll(context: GroupStepContext, change: Change): Promise<Progress>;
  /**
   * The calls that keep it from going on, and what goes on all the same, in words without a period. Made in every ending before the roll-out
   * is over, each after its `look`: one that has nothing to hold any more answers `done`. May be made twice.
   */
  stop(
    context: GroupStopContext,
    change: Change,
  ): { readonly changes: readonly ObjectChange[]; readonly words: string };
  /** A plan that takes a change back, from what its step stored; `null`: it cannot be, and why. */
  rollback(context: GroupPlanContext, undo: Json): Promise<GroupPlan | { readonly refused: string }>;
  verify(context: GroupStepContext, change: Change): Promise<Verified | Unseen>;
}

/** A provider as the runbooks know it: its types are erased, and its steps are listed. */
export interface AnyGroupProvider
  extends Pick<NodeGroupProvider<never>, 'id' | 'serves' | 'discover' | 'preflight' | 'plan' | 'rollback'> {
  readonly steps: readonly AnyStep[];
  readonly cleanups: readonly AnyCleanup[];
  readonly watches: readonly AnyWatch[];
}
