import { findingsOf } from './findings.ts';
import type { CapiOwner } from './owner.ts';
import type { CapiPool } from './pool.ts';
import { sameVersion } from './progress.ts';
import type { UpgradeView } from './view.ts';

/** Whether the machines of a group or pool are all at its version, each without a period. */
export interface Settling {
  /** Why machines of it are, or will be, at another version, whether each is well or not; empty: none is. */
  readonly unsettled: readonly string[];
  /** Its machines that come and go without a change of its version. */
  readonly coming: readonly string[];
}

/** Looks at a MachineDeployment. */
export function groupSettling(view: UpgradeView, group: CapiOwner): Settling {
  const { held, rolling, versionless, scaling, leaving, healing } = findingsOf(view, group);
  return { unsettled: [...held, ...rolling, ...versionless], coming: [...scaling, ...leaving, ...healing] };
}

/** Looks at a MachinePool and its nodes, because it may have no Machines. */
export function poolSettling({ nodes }: Pick<UpgradeView, 'nodes'>, pool: CapiPool): Settling {
  const { version, replicas, counted } = pool;
  const own = pool.nodes.map((name) => ({ name, node: nodes.find((each) => each.name === name) ?? null }));
  return {
    unsettled: [
      ...(pool.paused ? ['it is paused'] : []),
      ...(pool.observed ? [] : ['its controller has not seen the newest of it yet']),
      ...(version === '' ? ['it names no version'] : []),
      ...own.flatMap(({ name, node }) => {
        const is = node?.kubeletVersion ?? version;
        return version === '' || sameVersion(is, version) ? [] : [`its node ${name} is at ${is || 'no version'}`];
      }),
    ],
    coming: [
      ...(pool.deleting ? ['it is being deleted'] : []),
      ...(counted === null || counted === replicas ? [] : [`it has ${counted} machines and wants ${replicas}`]),
      ...own.flatMap(({ name, node }) => (node === null ? [`its node ${name} is gone`] : [])),
    ],
  };
}
