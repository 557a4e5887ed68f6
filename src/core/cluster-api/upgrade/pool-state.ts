import type { CapiPool } from './pool.ts';
import { sameVersion } from './progress.ts';
import type { UpgradeView } from './view.ts';

/** Why not all machines of a pool are there at its version, each without a period; empty: they are. Its nodes are looked at, because it may have no Machines. */
export function poolWords({ nodes }: Pick<UpgradeView, 'nodes'>, pool: CapiPool): readonly string[] {
  const { version, replicas, counted } = pool;
  const own = pool.nodes.map((name) => ({ name, node: nodes.find((each) => each.name === name) ?? null }));
  return [
    ...(pool.deleting ? ['it is being deleted'] : []),
    ...(pool.paused ? ['it is paused'] : []),
    ...(pool.observed ? [] : ['its controller has not seen the newest of it yet']),
    ...(version === '' ? ['it names no version'] : []),
    ...(counted === null || counted === replicas ? [] : [`it has ${counted} machines and wants ${replicas}`]),
    ...own.flatMap(({ name, node }) => {
      if (node === null) return [`its node ${name} is gone`];
      const is = node.kubeletVersion;
      return version === '' || sameVersion(is, version) ? [] : [`its node ${name} is at ${is || 'no version'}`];
    }),
  ];
}
