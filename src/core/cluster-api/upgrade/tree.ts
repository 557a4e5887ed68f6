import type { CapiChange } from './change.ts';
import { ageWords, machineSays, stageOf } from './machine-words.ts';
import type { CapiOwner } from './owner.ts';
import { machinesOf, nodeOf, type UpgradeMachine, type UpgradeView } from './view.ts';

/** Longest line, characters: two lines of a phone. */
const WIDTH = 80;

/**
 * The cluster as `clusterctl describe cluster` draws it: Cluster, ControlPlane, Workers, their machines. Each line has the version and how
 * it is; machines of groups that are not changed stand together on one line. Source: Cluster API, `internal/util/tree/tree.go`.
 */
export function treeOf(view: UpgradeView, change: Pick<CapiChange, 'owner' | 'to'>, nowMs: number): readonly string[] {
  const { cluster, plane, deployments, topology } = view;
  const head = `Cluster/${cluster.name}${topology === null ? '' : `  ${topology.version}  topology ${topology.className}`}`;
  const workers = deployments.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = [head];
  if (view.infrastructure !== null) lines.push(`├─ClusterInfrastructure - ${view.infrastructure}`);
  if (plane !== null) {
    lines.push(`${workers.length === 0 ? '└─' : '├─'}ControlPlane - ${ownerLine(view, plane)}`);
    lines.push(
      ...machineLines(view, plane, change, nowMs).map((line) => `${workers.length === 0 ? '  ' : '│ '}${line}`),
    );
  }
  if (workers.length > 0) lines.push('└─Workers');
  for (const [index, each] of workers.entries()) {
    const isLast = index === workers.length - 1;
    lines.push(`  ${isLast ? '└─' : '├─'}${ownerLine(view, each)}`);
    lines.push(...machineLines(view, each, change, nowMs).map((line) => `  ${isLast ? '  ' : '│ '}${line}`));
  }
  return lines.map(cut);
}

function ownerLine(view: UpgradeView, owner: CapiOwner): string {
  const machines = machinesOf(view, owner);
  const there = machines.filter((each) => isThere(view, each, owner.version)).length;
  return `${owner.kind}/${owner.name}  ${owner.version}  ${there}/${owner.replicas}`;
}

function isThere(view: UpgradeView, machine: UpgradeMachine, version: string): boolean {
  const node = nodeOf(view, machine);
  return stageOf(machine, node) === 'ready' && machine.version === version && node?.kubeletVersion === version;
}

function machineLines(
  view: UpgradeView,
  owner: CapiOwner,
  { owner: changed }: Pick<CapiChange, 'owner'>,
  nowMs: number,
): readonly string[] {
  const machines = machinesOf(view, owner);
  const isChanged = owner.uid === changed.uid;
  const alike = isChanged ? [] : machines.filter((each) => isThere(view, each, owner.version));
  const alone = machines.filter((each) => !alike.includes(each));
  const lines = alone.map((each) => machineLine(view, each, nowMs));
  if (alike.length > 0) {
    const names = alike.map(({ name }) => name);
    const [first = ''] = names;
    const one = `Machine/${first}  ${owner.version}  ready`;
    lines.push(alike.length === 1 ? one : `${alike.length} Machines...  ready  See ${names.join(', ')}`);
  }
  return lines.map((line, index) => `${index === lines.length - 1 ? '└─' : '├─'}${line}`);
}

function machineLine(view: UpgradeView, machine: UpgradeMachine, nowMs: number): string {
  const node = nodeOf(view, machine);
  const stage = stageOf(machine, node);
  const since =
    stage === 'leaving' ? machine.deletingSince : stage === 'ready' ? (node?.readySince ?? null) : machine.createdAt;
  const version =
    node !== null && node.kubeletVersion !== machine.version
      ? `${machine.version} (node ${node.kubeletVersion})`
      : machine.version;
  const age = ageWords(since, nowMs);
  const { word, detail } = machineSays(machine, node);
  return `Machine/${machine.name}  ${version}  ${word}${age === '' ? '' : ` ${age}`}${detail}`;
}

function cut(line: string): string {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1).trimEnd()}…`;
}
