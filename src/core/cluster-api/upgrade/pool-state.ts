import type { CapiPool } from './pool.ts';
import { sameVersion } from './progress.ts';
import type { UpgradeView } from './view.ts';

/**
 * Why machines of a pool are, or will be, at another version than it, each without a period; empty: none is. Its nodes are looked at, because it
 * may have no Machines.
 */
export function poolWords(view: Pick<UpgradeView, 'nodes'>, pool: CapiPool): readonly string[] {
  const { version } = pool;
  return [
    ...(pool.paused ? ['it is paused'] : []),
    ...(pool.observed ? [] : ['its controller has not seen the newest of it yet']),
    ...(version === '' ? ['it names no version'] : []),
    ...nodesOf(view, pool).flatMap(({ name, node }) => {
      const is = node?.kubeletVersion ?? version;
      return version === '' || sameVersion(is, version) ? [] : [`its node ${name} is at ${is || 'no version'}`];
    }),
  ];
}

/** Machines of a pool that come and go without a change of its version, each without a period. */
export function poolComing(view: Pick<UpgradeView, 'nodes'>, pool: CapiPool): readonly string[] {
  const { replicas, counted } = pool;
  return [
    ...(pool.deleting ? ['it is being deleted'] : []),
    ...(counted === null || counted === replicas ? [] : [`it has ${counted} machines and wants ${replicas}`]),
    ...nodesOf(view, pool).flatMap(({ name, node }) => (node === null ? [`its node ${name} is gone`] : [])),
  ];
}

function nodesOf({ nodes }: Pick<UpgradeView, 'nodes'>, pool: CapiPool) {
  return pool.nodes.map((name) => ({ name, node: nodes.find((each) => each.name === name) ?? null }));
}
