import { compareVersions, isSameVersion, parseVersion } from '../kubernetes/version.ts';
import { nearestOf } from '../parse/edit-distance.ts';
import type { ReportTable } from '../state-report.ts';
import { groupsCalled, wholeName } from './find-group.ts';
import type { NodeGroup } from './group.ts';

/** As people type it: `controlplane`, `nodegroup/md-0`. */
export function groupWords({ kind, name }: Pick<NodeGroup, 'kind' | 'name'>): string {
  return kind === 'control-plane' ? 'controlplane' : `nodegroup/${name}`;
}

/** What it is called in sentences: `the control plane`, `nodegroup/md-0`. */
export function groupInWords(group: Pick<NodeGroup, 'kind' | 'name'>): string {
  return group.kind === 'control-plane' ? 'the control plane' : groupWords(group);
}

/** The version a group is upgraded from: what its owner wants, else the lowest of its nodes; `null`: nobody can tell. */
export function versionOf({ version, nodes }: Pick<NodeGroup, 'version' | 'nodes'>): string | null {
  if (version !== null) return version;
  const known = nodes.flatMap((node) => {
    const parsed = parseVersion(node.version);
    return parsed === null ? [] : [{ text: node.version, parsed }];
  });
  return known.toSorted((a, b) => compareVersions(a.parsed, b.parsed))[0]?.text ?? null;
}

/** Nodes of a group that are not at a version. */
export function nodesBehind({ nodes }: Pick<NodeGroup, 'nodes'>, version: string): readonly string[] {
  return nodes.filter((node) => !isSameVersion(node.version, version)).map(({ name }) => name);
}

/**
 * A group that does not exist, or of which there are several, in words: which are there, and which was most likely meant. Without a period.
 *
 * @param takes what the command takes: `nodes-too`: names of nodes as well
 */
export function unknownGroupWords(
  name: string,
  groups: readonly NodeGroup[],
  takes: 'groups' | 'nodes-too' = 'groups',
): string {
  const known = groups.filter(({ kind }) => kind === 'node-group');
  const called = groupsCalled(known, name);
  if (called.length > 0) return severalWords(name, called, takes);
  const there = known.map((group) => group.name);
  if (there.length === 0) return `there is no nodegroup/${name}: no node groups are known`;
  const nearest = nearestOf(name, there);
  const others = there.filter((each) => each !== nearest).map((each) => `nodegroup/${each}`);
  if (nearest === null) return `there is no nodegroup/${name}; there is ${others.join(', ')}`;
  const also = others.length === 0 ? '' : `; there is also ${others.join(', ')}`;
  return `there is no nodegroup/${name}; did you mean nodegroup/${nearest}${also}`;
}

/** Several objects have the name, and what to write instead. */
function severalWords(name: string, called: readonly NodeGroup[], takes: 'groups' | 'nodes-too'): string {
  const alike = called.flatMap((group) => group.alike ?? []);
  const objects = called.map(({ object }) => object);
  const stands = `nodegroup/${name} stands for ${[...objects, ...alike].join(' and ')}`;
  if (called.some((group) => wholeName(group) === null))
    return `${stands}, and no name tells them apart: ${takes === 'nodes-too' ? 'name their nodes, or ' : ''}let one label count (\`nodes.groupLabel\` of the configuration)`;
  if (alike.length === 0) return `${stands}: write the name of one of them whole`;
  const whole = called.map((group) => `nodegroup/${wholeName(group) ?? ''}`).join(' or ');
  return `${stands}, and Drydock does not handle ${alike.join(' and ')}: write ${whole}`;
}

const STATES = {
  steady: 'steady',
  changing: 'changing',
  paused: 'paused',
  sick: 'not well',
  unknown: 'cannot be told',
} as const satisfies Record<NodeGroup['state'], string>;

/** State of a group, in words, with why it is not steady. */
export function stateInWords({ state, why }: Pick<NodeGroup, 'state' | 'why'>): string {
  return why === '' ? STATES[state] : `${STATES[state]}: ${why}`;
}

/** Groups, one a row. */
export function groupTable(groups: readonly NodeGroup[], title = 'Node groups'): ReportTable {
  return {
    title,
    columns: ['Group', 'Is', 'Version', 'Nodes', 'Surge', 'State'],
    rows: groups.map((group) => [
      groupWords(group),
      group.object,
      versionCell(group),
      nodesCell(group),
      group.strategy === null ? '–' : `+${group.strategy.maxSurge} −${group.strategy.maxUnavailable}`,
      stateInWords(group),
    ]),
  };
}

/** The version, and how many nodes have it where not all do. */
function versionCell(group: NodeGroup): string {
  const version = versionOf(group);
  if (version === null) return '–';
  const behind = nodesBehind(group, version).length;
  return behind === 0 ? version : `${version} on ${group.nodes.length - behind} of ${group.nodes.length}`;
}

/** How many nodes are ready, of how many there are and should be. */
function nodesCell({ nodes, replicas }: NodeGroup): string {
  const ready = nodes.filter((node) => node.ready).length;
  const wanted = replicas === null || replicas === nodes.length ? '' : `, ${replicas} wanted`;
  return `${ready} of ${nodes.length} ready${wanted}`;
}
