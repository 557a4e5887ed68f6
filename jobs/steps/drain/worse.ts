import { workloadOf } from '../../../src/core/drain/coverage.ts';
import type { DrainFacts } from '../../../src/core/drain/facts.ts';
import type { DrainView } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import type { Condition } from './drain-input.ts';

/** So many more pods than before may be without a node: evicted ones wait for their place for a moment. */
const MORE_HOMELESS = 10;

/** How a cluster is, as far as a drain of these nodes must not make it worse. */
export function conditionOf(view: DrainView, { nodes, owners }: Pick<DrainFacts, 'nodes' | 'owners'>): Condition {
  const drained = new Set(nodes.map(({ name }) => name));
  const ready = owners.flatMap(({ uid }): (readonly [string, number])[] => {
    const count = workloadOf(view, uid)?.ready ?? null;
    return count === null ? [] : [[uid, count]];
  });
  return {
    notReady: view.nodes.filter(({ name, ready: is }) => is !== 'yes' && !drained.has(name)).map(({ name }) => name),
    homeless: homelessIn(view).length,
    ready: Object.fromEntries(ready),
  };
}

/** Pods that wait for a node. */
export function homelessIn({ pods }: DrainView): DrainView['pods'] {
  return pods.filter(({ node, phase, deletedAt }) => node === '' && phase === 'Pending' && deletedAt === null);
}

/** What became worse meanwhile, without a period; `null`: nothing did. */
export function worseThan(before: Condition, now: Condition): string | null {
  const sick = now.notReady.filter((name) => !before.notReady.includes(name));
  const homeless = now.homeless - before.homeless;
  const words = [
    ...(sick.length === 0 ? [] : [`${counted(sick.length, 'other node')} became not ready: ${someOf(sick)}`]),
    ...(homeless <= MORE_HOMELESS ? [] : [`${homeless} more pods than before find no node`]),
  ];
  return words.length === 0 ? null : words.join('; ');
}
