import { compareVersions, isSameVersion, parseVersion } from '../../src/core/kubernetes/version.ts';
import { findGroup } from '../../src/core/node-groups/find-group.ts';
import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import {
  groupInWords,
  groupWords,
  nodesBehind,
  unknownGroupWords,
  versionOf,
} from '../../src/core/node-groups/words.ts';
import type { Check } from '../../src/core/plan.ts';
import { type JudgedTarget, judgeTarget, targetCheck } from '../../src/core/preflight/target.ts';
import type { UpgradeParams } from './params.ts';

/** What of a cluster is to be upgraded. With a blocking check the groups do not count. */
export interface Chosen {
  /** In the order in which they are upgraded: the control plane, the canary, the rest. */
  readonly groups: readonly NodeGroup[];
  readonly checks: readonly Check[];
  /** What is left out because it is there already. */
  readonly notes: readonly string[];
}

/** Finds the groups that are asked for, in their order, and judges the target of each. `serverVersion`: where no group is the control plane. */
export function chooseGroups(all: readonly NodeGroup[], params: UpgradeParams, serverVersion: string | null): Chosen {
  const wanted = wantedGroups(all, params);
  if (!wanted.ok) return { groups: [], checks: [wanted.check], notes: [] };
  const controlPlane = all.find(({ kind }) => kind === 'control-plane');
  const isFirst = controlPlane !== undefined && params.what.kind === 'all';
  const server = controlPlane === undefined ? serverVersion : versionOf(controlPlane);
  const judged = wanted.groups.map((group) => ({
    group,
    target: judge(group, isFirst ? params.to : server, params),
  }));
  const there = judged.filter(({ group, target }) => target.kind === 'same' && isWholly(group, target));
  const rest = judged.filter((each) => !there.includes(each));
  return {
    groups: rest.map(({ group }) => group),
    checks: [...rest.map(({ target }) => targetCheck(target)), ...imageChecks(rest, params)],
    notes: there.map(({ group, target }) => `${capital(groupInWords(group))} is at ${versionIn(target)} already.`),
  };
}

/** One image is that of one group: control planes, workers and machines with other hardware have different ones. */
function imageChecks(
  rest: readonly { readonly group: NodeGroup }[],
  { image }: Pick<UpgradeParams, 'image'>,
): readonly Check[] {
  if (image === null || rest.length < 2) return [];
  const names = rest.map(({ group }) => groupInWords(group));
  const evidence = `${image} would be the image of ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}: upgrade them one by one, each with an --image of its own`;
  return [{ id: 'image', verdict: 'block', title: 'One image is given for several groups', evidence }];
}

type Wanted =
  | { readonly ok: true; readonly groups: readonly NodeGroup[] }
  | { readonly ok: false; readonly check: Check };

function wantedGroups(all: readonly NodeGroup[], { what, canary, to }: UpgradeParams): Wanted {
  const controlPlane = all.filter(({ kind }) => kind === 'control-plane');
  const groups = all.filter(({ kind }) => kind === 'node-group');
  if (what.kind === 'controlplane' && controlPlane.length === 0)
    return unknown('nobody that Drydock asks upgrades the control plane of this cluster; upgrade it by hand first');
  if (what.kind === 'controlplane') return { ok: true, groups: controlPlane };
  const names = what.kind === 'all' ? [] : what.names;
  const missing = names.filter((name) => findGroup(groups, name) === undefined);
  if (missing.length > 0) return unknown(missing.map((name) => unknownGroupWords(name, all)).join('; '));
  const chosen = what.kind === 'all' ? groups : [...new Set(names.flatMap((name) => findGroup(groups, name) ?? []))];
  const first = canary === null ? undefined : findGroup(chosen, canary);
  if (canary !== null && first === undefined)
    return unknown(`--canary ${canary}: ${unknownGroupWords(canary, chosen)}`);
  const sorted = chosen.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const ordered = first === undefined ? sorted : [first, ...sorted.filter((group) => group !== first)];
  const both = what.kind === 'all' ? [...controlPlane, ...ordered] : ordered;
  return both.length === 0 ? unknown(`no groups are known that could go to ${to}`) : { ok: true, groups: both };
}

function unknown(evidence: string): Wanted & { readonly ok: false } {
  return { ok: false, check: { id: 'group', verdict: 'block', title: 'There is no such group', evidence } };
}

/** `controlPlane`: its version when it is the turn of the group. */
function judge(group: NodeGroup, controlPlane: string | null, { to }: UpgradeParams): JudgedTarget {
  return judgeTarget({ kind: group.kind, name: groupInWords(group), from: versionOf(group), to, controlPlane });
}

/** Every node has been seen at the version: what its owner wants is not enough. */
function isWholly(group: NodeGroup, target: JudgedTarget): boolean {
  return group.state === 'steady' && nodesBehind(group, versionIn(target)).length === 0;
}

function versionIn(target: JudgedTarget): string {
  return target.kind === 'refused' ? '' : target.version;
}

function capital(words: string): string {
  return words.startsWith('the ') ? `The ${words.slice(4)}` : words;
}

/** Whether a group can be changed now. One that is on its way to this very version may be watched to its end, and one that Drydock held may go further. */
export function stateCheck(group: NodeGroup, to: string): Check {
  const title = groupWords(group);
  if (group.state === 'changing' && group.version !== null && isSameVersion(group.version, to)) {
    const evidence = `${group.object}: ${group.why}`;
    return { id: 'group', verdict: 'warn', title: `${title} is on its way to ${to} already`, evidence };
  }
  if (group.state === 'changing' && group.held === true && isBelow(group.version, to)) {
    const evidence = `${group.object}: ${group.why}`;
    const halfway = `${title} stands halfway to ${group.version ?? ''}, where Drydock held it, and goes on to ${to}`;
    return { id: 'group', verdict: 'warn', title: halfway, evidence };
  }
  if (group.state === 'steady')
    return {
      id: 'group',
      verdict: 'pass',
      title: `${title} is steady`,
      evidence: `${group.object}: ${nodesInWords(group)}`,
    };
  const evidence = group.why === '' ? group.object : `${group.object}: ${group.why}`;
  return { id: 'group', verdict: 'block', title: STATE_TITLES[group.state](title), evidence };
}

function isBelow(version: string | null, to: string): boolean {
  const [now, next] = [parseVersion(version ?? ''), parseVersion(to)];
  return now !== null && next !== null && compareVersions(now, next) < 0;
}

const STATE_TITLES = {
  changing: (group: string) => `${group} is being changed`,
  paused: (group: string) => `${group} is paused`,
  sick: (group: string) => `${group} is not well`,
  unknown: (group: string) => `It cannot be told how ${group} is`,
} as const;

function nodesInWords({ nodes }: NodeGroup): string {
  return `${nodes.filter(({ ready }) => ready).length} of ${nodes.length} nodes ready`;
}
