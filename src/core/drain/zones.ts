import { nodeNamed } from './coverage.ts';
import type { Cursor } from './cursor.ts';
import type { DrainView } from './view.ts';

/** Names of the nodes that are drained now: those that were begun, and as many more of the same zone as may be at once. */
export function activeNodes(
  view: DrainView,
  cursor: Pick<Cursor, 'nodes'>,
  parallelNodes: number,
): ReadonlySet<string> {
  const unfinished = cursor.nodes.filter(({ emptyMs }) => emptyMs === null);
  const begun = unfinished.filter(({ begunMs }) => begunMs !== null).map(({ name }) => name);
  const turn = zonesInTurn(
    view,
    unfinished.map(({ name }) => name),
  ).find(({ nodes }) => nodes.length > 0);
  const isElsewhere = begun.some((name) => turn !== undefined && !turn.nodes.includes(name));
  const free = isElsewhere ? 0 : Math.max(0, parallelNodes - begun.length);
  const next = (turn?.nodes ?? []).filter((name) => !begun.includes(name)).slice(0, free);
  return new Set([...begun, ...next]);
}

/** Zones in the order in which they are drained, each with its nodes in theirs. `zone` null: nodes without one, last. */
export function zonesInTurn(
  view: DrainView,
  names: readonly string[],
): readonly { readonly zone: string | null; readonly nodes: readonly string[] }[] {
  const zones = Map.groupBy(names, (name) => nodeNamed(view, name)?.zone ?? null);
  return [...zones].map(([zone, nodes]) => ({ zone, nodes })).toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

function rankOf({ zone }: { readonly zone: string | null }): string {
  return zone === null ? '1' : `0${zone}`;
}

/** How nodes take turns, for an approver, without a period. */
export function zoneRule(view: DrainView, names: readonly string[], parallelNodes: number): string {
  const zones = zonesInTurn(view, names).map(({ zone }) => zone ?? 'nodes without a zone');
  const most = Math.min(parallelNodes, names.length);
  const atOnce = most === 1 ? 'one node at a time' : `at most ${most} nodes at once`;
  return zones.length < 2 ? atOnce : `${atOnce}, zone by zone: ${zones.join(', then ')}`;
}
