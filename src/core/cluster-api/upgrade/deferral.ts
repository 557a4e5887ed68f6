import type { CapiChange } from './change.ts';
import type { CapiTopology, TopologyPart } from './topology.ts';

/** The parts of a topology that a new version would roll behind the control plane, and that Drydock holds back. */
export interface Parts {
  readonly deployments: readonly TopologyPart[];
  readonly pools: readonly TopologyPart[];
}

type Deferring = Pick<CapiChange, 'defer' | 'deferPools'>;

/** The parts of a topology that a change is to hold back. What is not there any more is not among them. */
export function partsToHold({ deployments, pools }: CapiTopology, { defer, deferPools }: Deferring): Parts {
  return {
    deployments: deployments.filter(({ name }) => defer.includes(name)),
    pools: pools.filter(({ name }) => deferPools.includes(name)),
  };
}

/** Names of parts as people know them: `nodegroup/md-0, MachinePool mp-0`; empty: none. */
export function partWords({ defer, deferPools }: Deferring): string {
  return [...defer.map((name) => `nodegroup/${name}`), ...deferPools.map((name) => `MachinePool ${name}`)].join(', ');
}

/** The names of parts as a change has them. */
export function namesOf({ deployments, pools }: Parts): Deferring {
  return { defer: sorted(deployments), deferPools: sorted(pools) };
}

/** The parts that are held back, by whomever. */
export function heldIn({ deployments, pools }: Parts): Parts {
  return { deployments: deployments.filter(isHeld), pools: pools.filter(isHeld) };
}

/** Those that are not. */
export function freeIn({ deployments, pools }: Parts): Parts {
  return {
    deployments: deployments.filter((each) => !isHeld(each)),
    pools: pools.filter((each) => !isHeld(each)),
  };
}

/** What came to a topology or left it since a change was planned, in words; `null`: it has the very parts that are to be held back. */
export function otherParts(topology: CapiTopology, { defer, deferPools }: Deferring): string | null {
  const now = namesOf(topology);
  const come = partWords({ defer: without(now.defer, defer), deferPools: without(now.deferPools, deferPools) });
  const gone = partWords({ defer: without(defer, now.defer), deferPools: without(deferPools, now.deferPools) });
  const words = [
    ...(come === '' ? [] : [`${come} came to it since the plan, and would go up with nobody having approved that`]),
    ...(gone === '' ? [] : [`${gone} left it since the plan`]),
  ];
  return words.length === 0 ? null : words.join('; ');
}

/** Whether a part waits for somebody before it goes to the version of its topology. */
export function isHeld({ deferred, held }: TopologyPart): boolean {
  return deferred !== null || held !== null;
}

function sorted(parts: readonly TopologyPart[]): string[] {
  return parts.map(({ name }) => name).toSorted();
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}
