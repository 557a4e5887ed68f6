import type { DrainEnd } from '../../drain/drain-end.ts';
import { spanAsSet } from '../../time.ts';
import { versionOf } from '../versions.ts';
import type { CapiOwner } from './owner.ts';
import { machinesOf, type UpgradeMachine, type UpgradeView } from './view.ts';

/** Annotation of a machine that goes without being drained. Any value counts. Source: Cluster API, `machine_types.go`. */
export const NO_DRAIN = 'machine.cluster.x-k8s.io/exclude-node-draining';

/** How the drains of a group end by themselves, the shortest time first; empty: budgets hold them for ever. */
export function drainEnds(view: UpgradeView, owner: CapiOwner): readonly DrainEnd[] {
  const machines = machinesOf(view, owner).filter(({ deletingSince }) => deletingSince === null);
  return [...undrained(machines), ...timed(view, owner, machines)];
}

function undrained(machines: readonly UpgradeMachine[]): readonly DrainEnd[] {
  const names = machines.filter(({ annotations }) => Object.hasOwn(annotations, NO_DRAIN)).map(({ name }) => name);
  if (names.length === 0) return [];
  const who = names.length === 1 ? `Machine ${names.join()} carries` : `Machines ${names.join(', ')} carry`;
  return [{ afterMs: 0, words: `${who} ${NO_DRAIN}: gone without a drain, whatever budgets say` }];
}

/** Its owner copies it to the machines, and a topology controller to their owner: what any of them has counts. */
function timed(view: UpgradeView, owner: CapiOwner, machines: readonly UpgradeMachine[]): readonly DrainEnd[] {
  const found = [
    { who: `the topology of Cluster ${view.cluster.name}`, ms: topologyTimeout(view, owner) },
    { who: `${owner.kind} ${owner.name}`, ms: owner.drainMs },
    ...machines.map(({ name, drainMs }) => ({ who: `Machine ${name}`, ms: drainMs })),
  ].flatMap(({ who, ms }) => (ms === null ? [] : [{ who, ms }]));
  const [shortest] = found.toSorted((a, b) => a.ms - b.ms);
  if (shortest === undefined) return [];
  const { who, ms } = shortest;
  const field = versionOf(owner.apiVersion) === 'v1beta1' ? 'nodeDrainTimeout' : 'deletion.nodeDrainTimeoutSeconds';
  const words = `Cluster API takes a machine of ${owner.name} ${spanAsSet(ms)} after its drain began, whatever budgets say (${field} of ${who})`;
  return [{ afterMs: ms, words }];
}

function topologyTimeout({ topology }: UpgradeView, owner: CapiOwner): number | null {
  if (topology === null) return null;
  if (owner.kind === 'KubeadmControlPlane') return topology.drainMs;
  return topology.deployments.find(({ name }) => name === owner.topologyName)?.drainMs ?? null;
}

/** That drains end by themselves sooner than was known, or at all, in words without a period; `null`: they do not. `knownMs` null: for ever. */
export function endsSooner(view: UpgradeView, owner: CapiOwner, knownMs: number | null): string | null {
  const sooner = drainEnds(view, owner).find(({ afterMs }) => knownMs === null || afterMs < knownMs);
  return sooner === undefined ? null : `since the plan was made, drains end by themselves: ${sooner.words}`;
}

/** After how long the first drain of a group ends by itself, ms; `null`: never. */
export function firstEnd(view: UpgradeView, owner: CapiOwner): number | null {
  return drainEnds(view, owner)[0]?.afterMs ?? null;
}

/** What holds the drain of a node, for a forecast; a part of a sentence. */
export function budgetsHold(ends: readonly DrainEnd[]): string {
  const [first] = ends.toSorted((a, b) => a.afterMs - b.afterMs);
  if (first === undefined) return 'and budgets hold the drain';
  return first.afterMs === 0
    ? 'except those that are marked to go without a drain'
    : `and budgets hold the drain for ${spanAsSet(first.afterMs)} at most`;
}
