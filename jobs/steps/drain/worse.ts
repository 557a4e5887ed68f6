import type { DrainView } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import type { DrainState } from './drain-input.ts';

/** So many more pods than before may be without a node: evicted ones wait for their place for a moment. */
const MORE_HOMELESS = 10;

/** How a cluster is before its nodes are drained, as far as a drain must not make it worse. `drained`: names of the nodes that are to go. */
export function conditionOf(view: DrainView, drained: ReadonlySet<string>): NonNullable<DrainState['before']> {
  return {
    notReady: view.nodes.filter(({ name, ready }) => ready !== 'yes' && !drained.has(name)).map(({ name }) => name),
    homeless: view.pods.filter(({ node, phase, deletedAt }) => node === '' && phase === 'Pending' && deletedAt === null)
      .length,
  };
}

/** What became worse meanwhile, without a period; `null`: nothing did. */
export function worseThan(
  before: NonNullable<DrainState['before']>,
  now: NonNullable<DrainState['before']>,
): string | null {
  const sick = now.notReady.filter((name) => !before.notReady.includes(name));
  const homeless = now.homeless - before.homeless;
  const words = [
    ...(sick.length === 0 ? [] : [`${counted(sick.length, 'other node')} became not ready: ${someOf(sick)}`]),
    ...(homeless <= MORE_HOMELESS ? [] : [`${homeless} more pods than before find no node`]),
  ];
  return words.length === 0 ? null : words.join('; ');
}
