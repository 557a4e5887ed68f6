import { type CapiChange, ownerWords } from '../../../src/core/cluster-api/upgrade/change.ts';
import { freeIn, namesOf, otherParts, partsToHold, partWords } from '../../../src/core/cluster-api/upgrade/deferral.ts';
import { endsSooner } from '../../../src/core/cluster-api/upgrade/drain-limits.ts';
import { noWayBack, untoldPlane, upgradeObstacles } from '../../../src/core/cluster-api/upgrade/obstacles.ts';
import { type CapiOwner, versionPath } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { ownerPatch, releasePatch, topologyPatch } from '../../../src/core/cluster-api/upgrade/patches.ts';
import { revertedWords } from '../../../src/core/cluster-api/upgrade/progress.ts';
import type { CapiTopology } from '../../../src/core/cluster-api/upgrade/topology.ts';
import { isByTopology, ownerOfUid, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import type { KubernetesResult, ObjectRef, PatchOperation } from '../../../src/core/ports/kubernetes.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { ChangeLook, ObjectChange } from '../../steps/object-change.ts';
import type { GroupStepContext } from '../provider.ts';
import { readView, type UpgradeSeen, unseenReason } from './read-view.ts';
import { copyChange } from './template-change.ts';
import { writerOf } from './writer.ts';

/** The calls that begin a change: the new template, then version and template in one patch; of a topology one patch of the Cluster. */
export function applyChanges(context: GroupStepContext, change: CapiChange): readonly ObjectChange[] {
  if (change.way === 'topology')
    return [change.topologyName === null ? topologyChange(context, change) : releaseChange(context, change)];
  const copy = change.template?.copy ?? null;
  return [
    ...(copy === null || change.template === null ? [] : [copyChange(context, change, change.template, copy)]),
    ownerChange(context, change),
  ];
}

/** Names the object that an owner is. */
export function ownerRef({ owner, cluster }: CapiChange): ObjectRef {
  return { apiVersion: owner.apiVersion, kind: owner.kind, namespace: cluster.namespace, name: owner.name };
}

/** Names the Cluster object. */
export function clusterRef({ cluster }: Pick<CapiChange, 'cluster'>): ObjectRef {
  return { apiVersion: cluster.apiVersion, kind: 'Cluster', namespace: cluster.namespace, name: cluster.name };
}

function ownerChange(context: GroupStepContext, change: CapiChange): ObjectChange {
  const made: Made = { asked: false, taken: false };
  return {
    item: change.group,
    action: change.from === change.to ? `let it go on to ${change.to}` : `set ${change.to}`,
    facts: {
      object: ownerWords(change),
      uid: change.owner.uid,
      from: change.from,
      to: change.to,
      template: change.template?.toName ?? null,
    },
    look: async () => await lookAtView(context, { change, made }, ownerLook(change)),
    call: async (signal) =>
      await patched(context, { change, made }, signal, (view, owner) =>
        // A machine that joins does not change the spec, which is all that the patch tests.
        change.isUndo && noWayBack(view, owner, change.to).length > 0
          ? null
          : { ref: ownerRef(change), operations: ownerPatch(change, owner) },
      ),
  };
}

function topologyChange(context: GroupStepContext, change: CapiChange): ObjectChange {
  const made: Made = { asked: false, taken: false };
  return {
    item: change.group,
    action: `set ${change.to} in the topology`,
    facts: {
      object: `Cluster ${change.cluster.name}`,
      uid: change.cluster.uid,
      from: change.from,
      to: change.to,
      deferred: [...change.defer, ...change.deferPools],
    },
    look: async () => await lookAtView(context, { change, made }, topologyLook(change)),
    call: async (signal) =>
      await patched(context, { change, made }, signal, ({ topology, cluster, generation }) =>
        topology === null || otherParts(topology, change) !== null
          ? null
          : { ref: clusterRef(change), operations: topologyPatch(change, topology, { uid: cluster.uid, generation }) },
      ),
  };
}

function releaseChange(context: GroupStepContext, change: CapiChange): ObjectChange {
  const made: Made = { asked: false, taken: false };
  return {
    item: change.group,
    action: `let it go to ${change.to} in the topology`,
    facts: {
      object: `Cluster ${change.cluster.name}`,
      uid: change.cluster.uid,
      deployment: change.topologyName,
      to: change.to,
    },
    look: async () => await lookAtView(context, { change, made }, releaseLook(change)),
    call: async (signal) =>
      await patched(context, { change, made }, signal, ({ topology, cluster, generation }) =>
        topology === null
          ? null
          : { ref: clusterRef(change), operations: releasePatch(change, topology, { uid: cluster.uid, generation }) },
      ),
  };
}

/** The call of this change. */
interface Made {
  /** It was made, or is being made. */
  asked: boolean;
  /** The server took it: what is not there after that, somebody has taken back. */
  taken: boolean;
}

interface Making {
  readonly change: CapiChange;
  readonly made: Made;
}

interface Patch {
  readonly ref: ObjectRef;
  readonly operations: readonly PatchOperation[];
}

/** Reads once more, so that the patch is made for what is there; the tests in it say whether it still fits. */
async function patched(
  context: GroupStepContext,
  { change, made }: Making,
  signal: AbortSignal,
  patchFor: (view: UpgradeView, owner: CapiOwner) => Patch | null,
): Promise<KubernetesResult<unknown>> {
  made.asked = true;
  const seen = await readView(context.ports, change.cluster, signal);
  if (!seen.ok) return { ok: false, error: { code: 'unreachable', message: seen.why } };
  const owner = ownerOfUid(seen.view, change.owner.uid);
  const patch = owner === null ? null : patchFor(seen.view, owner);
  if (patch === null || patch.operations.length === 0)
    return { ok: false, error: { code: 'conflict', message: `${ownerWords(change)} is not as it was a moment ago` } };
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const answer = await context.ports.management.patchJson(patch.ref, patch.operations, call);
  made.taken ||= answer.ok;
  return answer;
}

type Judge = (view: UpgradeView, owner: CapiOwner) => ChangeLook | null;

/** What a look finds; where it finds the object as it was, everything that speaks against the change is asked once more. */
async function lookAtView(context: GroupStepContext, { change, made }: Making, judge: Judge): Promise<ChangeLook> {
  const seen = await readView(context.ports, change.cluster, context.signal);
  if (!seen.ok && seen.how === 'gone') return odd(seen.why);
  if (!seen.ok) return { is: 'unread', reason: unseenReason(seen), why: seen.why };
  const { view } = seen;
  const owner = ownerOfUid(view, change.owner.uid);
  if (view.cluster.uid !== change.cluster.uid)
    return odd(`Cluster ${change.cluster.name} is another one than was approved`);
  if (owner === null) return odd(`${ownerWords(change)} is gone or another one than was approved`);
  const found = judge(view, owner);
  const taken = made.taken && found?.is !== 'done' ? revertedNow(change, seen, owner) : null;
  if (taken !== null) return { is: 'odd', reason: 'change-reverted', why: taken };
  if (made.taken && found?.is === 'odd') return { ...found, reason: 'change-reverted' };
  if (found !== null) return found;
  const target = { owner, to: change.to, behindControlPlane: false, isUndo: change.isUndo };
  if (isByTopology(view, owner) !== (change.way === 'topology')) return odd(otherWay(change));
  const against = upgradeObstacles(view, target).map(({ words }) => words);
  if (against.length > 0) return odd(against.join('; '));
  const untold = made.asked || context.open !== null ? [] : untoldPlane(view, target);
  if (untold.length > 0)
    return {
      is: 'unread',
      reason: 'plan-drifted',
      why: `the control plane cannot be told to be well: ${untold.join('; ')}`,
    };
  const sooner = endsSooner(view, owner, change.drainMs ?? null);
  if (sooner !== null) return odd(sooner);
  return { is: 'not-done', note: `${ownerWords(change)} is at ${owner.version} still` };
}

function revertedNow(
  change: CapiChange,
  { view, raw }: Extract<UpgradeSeen, { readonly ok: true }>,
  owner: CapiOwner,
): string | null {
  return revertedWords(change, view, owner, writerOf(change, raw));
}

function otherWay(change: CapiChange): string {
  return change.way === 'topology'
    ? `${ownerWords(change)} is not changed through a topology any more`
    : `${ownerWords(change)} is owned by the topology of Cluster ${change.cluster.name} by now, which would take a direct change back`;
}

function ownerLook(change: CapiChange): Judge {
  const { from, to, template } = change;
  return (_view, owner) => {
    const at = owner.template?.name ?? null;
    const isNew = template === null || at === template.toName;
    if (owner.version === to && isNew && !owner.held)
      return {
        is: 'done',
        note: `${ownerWords(change)} is set to ${to}${template === null ? '' : `, template ${template.toName}`}`,
      };
    const isOld = owner.version === from && (template === null || at === template.ref.name);
    return isOld
      ? null
      : odd(
          `${ownerWords(change)} has ${owner.version} and template ${at ?? 'none'} (${versionPath(owner)}): somebody else changed it`,
        );
  };
}

function topologyLook(change: CapiChange): Judge {
  return ({ topology, cluster }) => {
    if (topology === null) return odd(`Cluster ${cluster.name} has no topology any more`);
    const name = `the topology of Cluster ${cluster.name}`;
    if (topology.version === change.to) return heldLook(change, topology, name);
    if (topology.version !== change.from) return odd(`${name} is at ${topology.version}: somebody else changed it`);
    const other = otherParts(topology, change);
    return other === null ? null : odd(`${name} is another one than was approved: ${other}`);
  };
}

/** Who is held back is read, and not told because it was asked for. */
function heldLook(change: CapiChange, topology: CapiTopology, name: string): ChangeLook {
  const parts = partsToHold(topology, change);
  const free = partWords(namesOf(freeIn(parts)));
  if (free !== '')
    return odd(
      `${name} is at ${change.to}, and does not hold ${free} back: they go there right behind the control plane`,
    );
  const held = partWords(namesOf(parts));
  return { is: 'done', note: `${name} is set to ${change.to}${held === '' ? '' : `, and holds ${held} back`}` };
}

function releaseLook(change: CapiChange): Judge {
  return ({ topology, cluster }) => {
    const own = topology?.deployments.find(({ name }) => name === change.topologyName);
    if (topology === null || own === undefined)
      return odd(
        `the topology of Cluster ${cluster.name} has no MachineDeployment ${change.topologyName ?? ''} any more`,
      );
    if (topology.version !== change.to)
      return odd(`the topology of Cluster ${cluster.name} is at ${topology.version}, not at ${change.to}`);
    return own.deferred === null
      ? { is: 'done', note: `${change.group} is not held back in the topology: it goes to ${change.to}` }
      : null;
  };
}

function odd(why: string): ChangeLook {
  return { is: 'odd', reason: 'plan-drifted', why };
}
