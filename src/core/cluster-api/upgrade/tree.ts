import type { CapiChange } from './change.ts';
import { ageWords, type MachineSays, machineSays, stageOf } from './machine-words.ts';
import type { CapiOwner } from './owner.ts';
import { isAtTarget, sameVersion } from './progress.ts';
import { machinesOf, nodeOf, shortName, type UpgradeMachine, type UpgradeView } from './view.ts';

/** Longest line, characters: two lines of a phone. */
const WIDTH = 80;
/** A name of a machine that is longer is told by its end: a phone shows 42 characters, and version and state are to be among them. */
const LONGEST_NAME = 12;
/** States that are longer are those of machines that leave. */
const LONGEST_STATE = 9;

/**
 * The cluster as `clusterctl describe cluster` draws it: Cluster, ControlPlane, Workers, their machines. In each line stands first what it is,
 * then its version and how it is, and last what is long; machines of groups that are not changed stand together on one line. Source: Cluster
 * API, `internal/util/tree/tree.go`.
 */
export function treeOf(view: UpgradeView, change: Pick<CapiChange, 'owner' | 'to'>, nowMs: number): readonly string[] {
  const { cluster, plane, deployments, topology } = view;
  const head = `Cluster/${cluster.name}${topology === null ? '' : `  ${topology.version}  topology ${topology.className}`}`;
  const workers = deployments.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = [head];
  if (view.infrastructure !== null) lines.push(`├─ClusterInfrastructure - ${view.infrastructure}`);
  if (plane !== null) {
    lines.push(`${workers.length === 0 ? '└─' : '├─'}ControlPlane  ${ownerWords(view, plane)}`);
    lines.push(
      ...machineLines(view, plane, change, nowMs).map((line) => `${workers.length === 0 ? '  ' : '│ '}${line}`),
    );
  }
  if (workers.length > 0) lines.push('└─Workers');
  for (const [index, each] of workers.entries()) {
    const isLast = index === workers.length - 1;
    lines.push(`  ${isLast ? '└─' : '├─'}${shortName(each, cluster.name)}  ${ownerWords(view, each)}`);
    lines.push(...machineLines(view, each, change, nowMs).map((line) => `  ${isLast ? '  ' : '│ '}${line}`));
  }
  return lines.map(cut);
}

function ownerWords(view: UpgradeView, owner: CapiOwner): string {
  const machines = machinesOf(view, owner);
  const there = machines.filter((each) => isAtTarget({ to: owner.version }, view, each)).length;
  return `${owner.version}  ${there}/${owner.replicas}  ${owner.kind}/${owner.name}`;
}

function machineLines(
  view: UpgradeView,
  owner: CapiOwner,
  { owner: changed }: Pick<CapiChange, 'owner'>,
  nowMs: number,
): readonly string[] {
  const machines = machinesOf(view, owner);
  const isChanged = owner.uid === changed.uid;
  const alike = isChanged ? [] : machines.filter((each) => isAtTarget({ to: owner.version }, view, each));
  const alone = machines.filter((each) => !alike.includes(each));
  const shown = (machine: UpgradeMachine): string => `Machine/${nameIn(machine, machines)}`;
  const lines = alone.map((each) => `${shown(each)}  ${machineLine(view, each, nowMs)}`);
  const [first] = alike;
  if (first !== undefined) {
    const see = `See ${alike.map(({ name }) => name).join(', ')}`;
    lines.push(
      alike.length === 1
        ? `${shown(first)}  ${owner.version}  ready`
        : `${alike.length} Machines...  ${owner.version}  ready  ${see}`,
    );
  }
  return lines.map((line, index) => `${index === lines.length - 1 ? '└─' : '├─'}${line}`);
}

/** The name of a machine, or its last part, where no other machine of the group ends alike: `…6xxxt` of `capi-control-plane-6xxxt`. */
function nameIn({ name }: UpgradeMachine, machines: readonly UpgradeMachine[]): string {
  const end = name.slice(name.lastIndexOf('-'));
  const isAlone = machines.filter((each) => each.name.endsWith(end)).length === 1;
  return name.length > LONGEST_NAME && end.length > 1 && isAlone ? `…${end.slice(1)}` : name;
}

function machineLine(view: UpgradeView, machine: UpgradeMachine, nowMs: number): string {
  const node = nodeOf(view, machine);
  const stage = stageOf(machine, node);
  const since =
    stage === 'leaving' ? machine.deletingSince : stage === 'ready' ? (node?.readySince ?? null) : machine.createdAt;
  const age = ageWords(since, nowMs);
  const { state, rest } = shortly(machineSays(machine, node));
  const isOther = node !== null && !sameVersion(node.kubeletVersion, machine.version);
  const other = isOther ? `${rest === '' ? ': ' : '; '}its node is at ${node.kubeletVersion}` : '';
  return `${machine.version}  ${state}${age === '' ? '' : ` ${age}`}${rest}${other}`;
}

/** Few words as the state; what is longer comes behind the age. */
function shortly({ word, detail }: MachineSays): { readonly state: string; readonly rest: string } {
  if (word === 'node not ready') return { state: 'not ready', rest: detail };
  return word.length <= LONGEST_STATE
    ? { state: word, rest: detail }
    : { state: 'leaving', rest: `: ${word}${detail}` };
}

function cut(line: string): string {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1).trimEnd()}…`;
}
