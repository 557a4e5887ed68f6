import { amountWords } from '../kubernetes/quantity.ts';
import { isTaken, timesIn } from './placing.ts';
import { type Barrier, barrierOf, type PodGroup, type RoomyNode } from './pod-groups.ts';

const BARRIERS: Readonly<Record<Barrier, string>> = {
  affinity: 'its node selector or affinity fits no other node',
  volume: 'its volume is bound to a place where no other node is',
  taint: 'taints keep it from every other node that its selector fits',
};

/** Why pods of a group found no place among these nodes, in words without a period: what stands first in the way of most of them. */
export function whyNot(
  takers: readonly RoomyNode[],
  group: PodGroup,
  taken: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  if (takers.length === 0) return 'no other node takes pods';
  const barriers = takers.map(({ node }) => barrierOf(group, node));
  const may = takers.filter((_, index) => barriers[index] === null);
  if (may.length === 0) {
    const first = (['taint', 'volume', 'affinity'] as const).find((barrier) => barriers.includes(barrier));
    return BARRIERS[first ?? 'affinity'];
  }
  const unported = may.filter(({ hostPorts }) => !group.sample.hostPorts.some((port) => hostPorts.has(port)));
  if (unported.length === 0)
    return `its host port is taken on every node that may take it (${group.sample.hostPorts.join(', ')})`;
  const apart = unported.filter((node) => !isTaken(node, taken));
  if (apart.length === 0)
    return 'another pod of its kind, which it keeps apart from, is on every node that may take it';
  return tooSmall(apart, group) ?? 'each of them fits alone, and together with the others they do not';
}

function tooSmall(nodes: readonly RoomyNode[], { sample }: PodGroup): string | null {
  if (nodes.some(({ free }) => timesIn(sample.requests, free) > 0)) return null;
  const short = Object.entries(sample.requests).flatMap(([name, asked]) => {
    const best = nodes.toSorted((a, b) => (b.free[name] ?? 0) - (a.free[name] ?? 0))[0];
    const most = Math.max(0, best?.free[name] ?? 0);
    if (most >= asked) return [];
    return [
      `it asks for ${amountWords(name, asked)}, and the most that a node has free is ${amountWords(name, most)} (${best?.node.name ?? ''})`,
    ];
  });
  return short[0] ?? 'no single node has all that it asks for free';
}
