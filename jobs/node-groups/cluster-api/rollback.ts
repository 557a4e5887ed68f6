import { type CapiChange, CapiUndo, ownerWords } from '../../../src/core/cluster-api/upgrade/change.ts';
import { noWayBack, upgradeObstacles } from '../../../src/core/cluster-api/upgrade/obstacles.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import type { UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import type { Json } from '../../../src/core/json.ts';
import { EMPTY_PLAN, type GroupPlan, type GroupPlanContext } from '../provider.ts';
import { dryRunChecks } from './dry-run.ts';
import { baseOf } from './plan-change.ts';
import { planOf, seeGroup } from './plan-group.ts';
import { capiChecks } from './preflight.ts';
import { readTemplate } from './read-template.ts';

/** A plan that returns a group to the version and template of before, or why there can be none. Words without a period. */
export async function planRollback(
  context: GroupPlanContext,
  raw: Json,
): Promise<GroupPlan | { readonly refused: string }> {
  const parsed = CapiUndo.safeParse(raw);
  if (!parsed.success) return { refused: 'what the run left to be undone is in no shape that is known' };
  const undo = parsed.data;
  if (undo.way === 'topology')
    return {
      refused: `Cluster ${undo.cluster.name} is built by a ClusterClass, which refuses an older version: go forward instead`,
    };
  const seen = await seeGroup(context, { uid: undo.owner.uid, object: ownerWords(undo) });
  if (!seen.ok) return { ...EMPTY_PLAN, checks: [seen.check] };
  const { view, owner } = seen;
  const refused = whyNot(view, owner, undo);
  if (refused !== null) return { refused };
  const back = await changeBack(context, view, owner, undo);
  if ('refused' in back) return back;
  const target = { owner, to: undo.from, behindControlPlane: false, isUndo: true };
  const isBlocked = upgradeObstacles(view, target).length > 0;
  const asked = isBlocked ? [] : await dryRunChecks(context, view, owner, back);
  return {
    ...planOf(context, view, owner, { change: back, makes: [] }),
    checks: [...capiChecks(view, target), ...asked],
    notes: undo.template === null ? [] : [`The template ${undo.template.after} of the new version is left in place.`],
  };
}

function whyNot(view: UpgradeView, owner: CapiOwner, undo: CapiUndo): string | null {
  const name = ownerWords(undo);
  const isAsLeft =
    owner.version === undo.to && (undo.template === null || owner.template?.name === undo.template.after);
  if (owner.version === undo.from && (undo.template === null || owner.template?.name === undo.template.before))
    return `${name} is at ${undo.from} already`;
  if (!isAsLeft) return `${name} is at ${owner.version}, and the run left it at ${undo.to}: somebody changed it since`;
  return noWayBack(view, owner, undo.from)[0]?.words ?? null;
}

async function changeBack(
  { ports, signal }: GroupPlanContext,
  view: UpgradeView,
  owner: CapiOwner,
  undo: CapiUndo,
): Promise<CapiChange | { readonly refused: string }> {
  const base = { ...baseOf(view, owner, undo.from), isUndo: true };
  const { template: ref } = owner;
  if (undo.template === null || ref === null) return base;
  const old = { ...ref, name: undo.template.before };
  const there = await readTemplate(ports.management, old, owner.namespace, signal);
  if (!there.ok)
    return { refused: `${old.kind} ${old.name}, the template of before, could not be read: ${there.error.message}` };
  return { ...base, template: { ref, toName: old.name, copy: null } };
}
