import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { budgetsHold } from '../../../src/core/cluster-api/upgrade/drain-limits.ts';
import { upgradeObstacles } from '../../../src/core/cluster-api/upgrade/obstacles.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { ownerOfUid, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import { nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import type { DrainEnd } from '../../../src/core/drain/drain-end.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import type { Check } from '../../../src/core/plan.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import { EMPTY_PLAN, type GroupLine, type GroupPlan, type GroupPlanContext, type UpgradeOrder } from '../provider.ts';
import { controllerChecks } from './controller-checks.ts';
import { lookAt, reasonOf } from './discover.ts';
import { dryRunChecks } from './dry-run.ts';
import { exportStep } from './export-step.ts';
import { planEtcdBackup } from './plan-backup.ts';
import { factsOf, leavingOf, locksOf, type PlannedChange, patchesOf, planChange } from './plan-change.ts';
import { machineTable } from './poll.ts';
import { untoldChecks } from './preflight.ts';
import type { RawObjects } from './read-view.ts';
import { capiSteps } from './steps.ts';

/** A group in its view, or the check that says why it cannot be seen. */
export type GroupSeen =
  | { readonly ok: true; readonly view: UpgradeView; readonly raw: RawObjects; readonly owner: CapiOwner }
  | { readonly ok: false; readonly check: Check };

/** Looks at one group. */
export async function seeGroup(
  context: GroupPlanContext,
  { uid, object }: Pick<NodeGroup, 'uid' | 'object'>,
): Promise<GroupSeen> {
  const seen = await lookAt(context);
  if ('refused' in seen) return none('applicable', 'Cluster API cannot be asked for this cluster', seen.refused);
  if (!seen.ok) {
    const id = reasonOf(seen) === 'no-access' ? 'access' : 'reachable';
    return none(id, 'The objects of Cluster API could not be read', seen.why);
  }
  const owner = ownerOfUid(seen.view, uid);
  if (owner === null) return none('group', 'The group is gone', `${object} (${uid}) is not there any more`);
  return { ok: true, view: seen.view, raw: seen.raw, owner };
}

/** What speaks against the change, from the objects of Cluster API and from its controllers. How the group is, its `state` says: whoever asks looks at that. */
export async function preflightGroup(
  context: GroupPlanContext,
  group: NodeGroup,
  order: UpgradeOrder,
): Promise<readonly Check[]> {
  const seen = await seeGroup(context, group);
  if (!seen.ok) return [seen.check];
  const checks = untoldChecks(seen.view, targetOf(seen.owner, order), group);
  return [...checks, ...(await controllerChecks(context, seen, order.to))];
}

function targetOf(owner: CapiOwner, { to, controlPlaneFirst }: UpgradeOrder) {
  return { owner, to, behindControlPlane: controlPlaneFirst, isUndo: false };
}

/** Plans the upgrade of one group: for a control plane a backup first, then the change, the watch, the verification. Reads and dry runs only. */
export async function planGroup(context: GroupPlanContext, group: NodeGroup, order: UpgradeOrder): Promise<GroupPlan> {
  const seen = await seeGroup(context, group);
  if (!seen.ok) return { ...EMPTY_PLAN, checks: [seen.check] };
  const { view, owner } = seen;
  const planned = await planChange(context, view, owner, order);
  const isBlocked =
    planned.checks.some(({ verdict }) => verdict === 'block') ||
    upgradeObstacles(view, targetOf(owner, order)).length > 0;
  const [asked, backup] = await Promise.all([
    isBlocked ? [] : dryRunChecks(context, view, owner, planned.change),
    owner.kind === 'KubeadmControlPlane' ? planEtcdBackup(context, order) : { checks: [], lines: [], notes: [] },
  ]);
  return {
    ...planOf(context, view, owner, planned),
    closing: closingLines(withoutReleased(planned.change, order)),
    lines: [
      ...exportLines(planned.change),
      ...backup.lines,
      ...linesOf(context, planned.change, leavingOf(view, owner).ends),
    ],
    checks: [...planned.checks, ...asked, ...backup.checks],
    notes: [...backup.notes, ...notesOf(planned.change, owner)],
  };
}

/** The parts of a plan that follow from a change. */
export function planOf(
  context: GroupPlanContext,
  view: UpgradeView,
  owner: CapiOwner,
  planned: Omit<PlannedChange, 'checks'>,
): Omit<GroupPlan, 'checks' | 'notes'> {
  const { change } = planned;
  return {
    lines: linesOf(context, change, leavingOf(view, owner).ends),
    closing: closingLines(change),
    facts: factsOf(change),
    before: [machineTable(view, { ...change, to: change.from })],
    locks: locksOf(change),
    patches: patchesOf(view, owner, planned),
    leaving: leavingOf(view, owner),
  };
}

function linesOf(
  { cluster }: GroupPlanContext,
  change: CapiChange,
  ends: readonly DrainEnd[] = [],
): readonly GroupLine[] {
  const { machineMs, rollMs } = nodeSettingsOf(cluster).upgrade;
  const isPlane = change.owner.kind === 'KubeadmControlPlane';
  const back =
    change.way === 'topology'
      ? 'it can be neither held nor taken back'
      : 'it cannot be held; it cannot be taken back once a machine of the new version has joined';
  const begins = isPlane
    ? `From here on the control plane replaces its machines by itself, one at a time${ends.length === 0 ? '' : `, ${budgetsHold(ends)}`}; ${back}.`
    : `From here on its machines are replaced; each is drained before it goes, ${budgetsHold(ends)}.`;
  const bounds = `Reads only. A new machine may take ${spanAsSet(machineMs)}, all of them ${spanAsSet(rollMs)}.`;
  return [
    { step: capiSteps.apply.plan(change), forecast: begins, estimateMs: 2000 },
    {
      step: capiSteps.roll.plan(change),
      forecast: isPlane ? `${bounds} The API server may be away for some seconds each time a machine goes.` : bounds,
      estimateMs: null,
    },
    verifyLine(change),
  ];
}

function closingLines(change: CapiChange): readonly GroupLine[] {
  return [{ ...verifyLine(change), forecast: 'Reads only: the same once more, at the end.' }];
}

/** At the end of a plan the groups that it upgrades too are held back no more. */
function withoutReleased(change: CapiChange, { together = [] }: UpgradeOrder): CapiChange {
  return { ...change, defer: change.defer.filter((name) => !together.includes(name)) };
}

function verifyLine(change: CapiChange): GroupLine {
  return { step: capiSteps.verify.plan(change), forecast: 'Reads only.', estimateMs: 5000 };
}

/** Before a control plane moves, what Cluster API knows of the cluster is put where the backup of etcd goes. */
function exportLines({ owner, cluster: { namespace, name, uid } }: CapiChange): readonly GroupLine[] {
  if (owner.kind !== 'KubeadmControlPlane') return [];
  const forecast =
    'Reads the management cluster and writes one small file; Secrets (certificates, kubeconfigs) are not in it.';
  return [{ step: exportStep.plan({ namespace, name, uid }), forecast, estimateMs: 2000 }];
}

function notesOf(change: CapiChange, owner: CapiOwner): readonly string[] {
  const held =
    change.defer.length === 0
      ? []
      : [
          `The topology holds ${change.defer.map((name) => `nodegroup/${name}`).join(', ')} back (an annotation on each) until it is upgraded by name: a ClusterClass would roll them right behind the control plane.`,
        ];
  const undo =
    change.way === 'topology'
      ? ['A ClusterClass takes no older version: this cannot be undone.']
      : owner.kind === 'KubeadmControlPlane'
        ? ['It can be undone only until the first machine of the new version has joined.']
        : [];
  return [...held, ...undo];
}

function none(id: string, title: string, evidence: string): GroupSeen {
  return { ok: false, check: { id, verdict: 'block', title, evidence } };
}
