import type { NodeGroup } from '../../node-groups/group.ts';
import { deniedBy, findingsOf, type GroupFindings, healsNewOnly } from './findings.ts';
import type { CapiOwner } from './owner.ts';
import type { UpgradeView } from './view.ts';

/** How a group is, and why it is not steady. */
export type GroupState = Pick<NodeGroup, 'state' | 'why'>;

/** Whether nothing is under way in a group. The first kind of finding is told with all others of its kind, and what is sick beside a change. */
export function stateOf(view: UpgradeView, owner: CapiOwner): GroupState {
  const found = findingsOf(view, owner);
  const paused = pausedIn(found);
  if (paused.length > 0) return { state: 'paused', why: paused.join('; ') };
  const changing = changingIn(found);
  if (changing.length > 0) return { state: 'changing', why: [...changing, ...found.deniedOfOld].join('; ') };
  const sick = [...found.denied, ...found.untold];
  if (sick.length > 0) return { state: 'sick', why: sick.join('; ') };
  return found.versionless.length > 0
    ? { state: 'unknown', why: found.versionless.join('; ') }
    : { state: 'steady', why: '' };
}

/** What is found of a roll-out that has begun and is to go on, or is to be taken back. */
export interface Amid {
  /** What speaks against it; empty: nothing does. */
  readonly against: readonly string[];
  /** What people are to know of it. */
  readonly beside: readonly string[];
}

/**
 * Whether a roll-out that has begun may go on: everything that the roll-out itself does not explain is told. Old machines of a node group that
 * are sick are replaced by that, so they do not speak against it. `isSame`: to the very version, which is watched, and nothing is called.
 */
export function amidRoll(view: UpgradeView, owner: CapiOwner, { isSame }: { readonly isSame: boolean }): Amid {
  const found = findingsOf(view, owner);
  const { deniedOfOld } = found;
  const beside = owner.kind === 'KubeadmControlPlane' ? besidePlane(owner, isSame) : deniedOfOld;
  return {
    against: [
      ...pausedIn(found),
      ...found.leaving,
      ...(healsNewOnly(view, owner) ? [] : found.healing),
      ...deniedOfOld.filter((words) => !beside.includes(words)),
      ...found.versionless,
    ],
    beside,
  };
}

/** The new machine that does not come up is what this condition tells of. */
function besidePlane(owner: CapiOwner, isSame: boolean): readonly string[] {
  return isSame ? deniedBy(owner, 'ControlPlaneComponentsHealthy') : [];
}

/** Whether a node group may be taken back, rolling or not: what is sick there is what it is taken back for. */
export function backFrom(view: UpgradeView, owner: CapiOwner): Amid {
  const found = findingsOf(view, owner);
  return {
    against: [...pausedIn(found), ...found.leaving, ...found.versionless],
    beside: [...found.healing, ...found.denied, ...found.untold],
  };
}

/** Whether machines of a group are being replaced, made or deleted. */
export function isRolling(view: UpgradeView, owner: CapiOwner): boolean {
  const { rolling, scaling } = findingsOf(view, owner);
  return rolling.length + scaling.length > 0;
}

/** Why a control plane is not steady, sick or not; each without a period. */
export function movingWords(view: UpgradeView, plane: CapiOwner): readonly string[] {
  const found = findingsOf(view, plane);
  return [...pausedIn(found), ...changingIn(found)];
}

function pausedIn({ cluster, held }: GroupFindings): readonly string[] {
  return [...cluster, ...held];
}

function changingIn({ rolling, scaling, leaving, healing }: GroupFindings): readonly string[] {
  return [...rolling, ...scaling, ...leaving, ...healing];
}
