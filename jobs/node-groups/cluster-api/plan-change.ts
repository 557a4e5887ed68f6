import { type CapiChange, DEFERRED_BY, ownerWords } from '../../../src/core/cluster-api/upgrade/change.ts';
import { heldIn, namesOf } from '../../../src/core/cluster-api/upgrade/deferral.ts';
import { drainEnds, firstEnd } from '../../../src/core/cluster-api/upgrade/drain-limits.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { ownerMerge } from '../../../src/core/cluster-api/upgrade/patches.ts';
import { DEFER_UPGRADE } from '../../../src/core/cluster-api/upgrade/topology-names.ts';
import { isByTopology, machinesOf, shortName, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { GroupPlanContext, Leaving, PlannedPatch, UpgradeOrder } from '../provider.ts';
import { clusterRef, ownerRef } from './apply.ts';
import { planTemplate } from './plan-template.ts';

/** A change, and what is said of its template. */
export interface PlannedChange {
  readonly change: CapiChange;
  /** New objects that it names. */
  readonly makes: readonly JsonObject[];
  readonly checks: readonly Check[];
}

/** The change that brings a group to a version. Of a topology the Cluster is changed, and templates are its controller's. */
export async function planChange(
  context: Pick<GroupPlanContext, 'ports' | 'signal'>,
  view: UpgradeView,
  owner: CapiOwner,
  order: UpgradeOrder,
): Promise<PlannedChange> {
  const change = { ...baseOf(view, owner, order.to), behindControlPlane: order.controlPlaneFirst };
  const { topology } = view;
  if (topology !== null && isByTopology(view, owner)) {
    const isPlane = owner.kind === 'KubeadmControlPlane';
    // At this version already nothing is held back by this change: what stands is told as it is.
    const parts = namesOf(topology.version === order.to ? heldIn(topology) : topology);
    return {
      change: {
        ...change,
        way: 'topology',
        from: isPlane ? topology.version : change.from,
        topologyName: isPlane ? null : owner.topologyName,
        ...(isPlane ? parts : {}),
      },
      makes: [],
      checks: [],
    };
  }
  // What was begun goes on as it was begun.
  if (owner.version === order.to) {
    const stays = owner.template === null ? null : { ref: owner.template, toName: owner.template.name, copy: null };
    return { change: { ...change, template: stays }, makes: [], checks: [] };
  }
  const { template, made, checks } = await planTemplate(context, owner, order);
  return { change: { ...change, template }, makes: made === null ? [] : [made], checks };
}

/** A change without a template. */
export function baseOf(view: UpgradeView, owner: CapiOwner, to: string): CapiChange {
  const { namespace, name, uid } = view.cluster;
  return {
    cluster: { apiVersion: view.apiVersion, namespace, name, uid },
    owner: { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid },
    group: shortName(owner, name),
    way: 'direct',
    topologyName: null,
    from: owner.version,
    to,
    template: null,
    defer: [],
    deferPools: [],
    behindControlPlane: false,
    drainMs: firstEnd(view, owner),
    isUndo: false,
    machines: machinesOf(view, owner).map((each) => ({ name: each.name, uid: each.uid })),
  };
}

/** The fields that the change writes, for whoever keeps the object in Git. */
export function patchesOf(
  view: UpgradeView,
  owner: CapiOwner,
  { change, makes }: Omit<PlannedChange, 'checks'>,
): readonly PlannedPatch[] {
  if (change.way === 'direct') {
    const merge = ownerMerge(change, owner);
    const besides = change.behindControlPlane
      ? [`Commit it when the control plane is at ${change.to}: before that no machine of this version can join.`]
      : [];
    const { uid } = owner;
    return [{ cluster: 'management', ref: ownerRef(change), uid, paths: leavesOf(merge), merge, makes, besides }];
  }
  if (
    change.topologyName !== null &&
    view.topology?.deployments.every(({ name, deferred }) => name !== change.topologyName || deferred === null) ===
      true &&
    !change.behindControlPlane
  )
    return [];
  const merge = { spec: { topology: { version: change.to } } };
  const { deployments = [], pools = [] } = view.topology ?? {};
  const besides = deployments.length + pools.length === 0 ? [] : [DEFERRED];
  const { uid } = view.cluster;
  return [{ cluster: 'management', ref: clusterRef(change), uid, paths: leavesOf(merge), merge, besides }];
}

/** Lists cannot be merged, so that no patch has the annotations that Drydock sets and takes away. */
const DEFERRED = `With this version in Git every node group and pool of the topology follows at once behind the control plane, and nobody approves that. One that is to stay gets metadata.annotations "${DEFER_UPGRADE}: ${DEFERRED_BY}" in its entry of spec.topology.workers (machineDeployments, machinePools), in the same commit; take it away in Git when it is its turn. A run of Drydock sets these annotations in the cluster: until Git has the same, Argo CD says OutOfSync of the Cluster, and its next sync takes them away.`;

function leavesOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, [...at, name]));
}

/** Nodes that end, one after another, and what stands beside them. */
export function leavingOf(view: UpgradeView, owner: CapiOwner): Leaving {
  return {
    nodes: machinesOf(view, owner).flatMap(({ node }) => node ?? []),
    surge: owner.maxSurge,
    unavailable: owner.maxUnavailable,
    ends: drainEnds(view, owner),
  };
}

/** What a run must not share: the same Cluster object, whatever the cluster is called in the configuration. */
export function locksOf({ cluster, group }: CapiChange): readonly string[] {
  return [group === 'controlplane' ? `identity/${cluster.uid}` : `identity/${cluster.uid}/nodes/${group}`];
}

/** What the plan is of, for its facts. */
export function factsOf(change: CapiChange): { readonly [name: string]: string | null } {
  return {
    object: ownerWords(change),
    uid: change.owner.uid,
    from: change.from,
    to: change.to,
    template: change.template?.toName ?? null,
  };
}
