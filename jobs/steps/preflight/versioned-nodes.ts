import { isControlPlane } from '../../../src/core/kubernetes/node.ts';
import type { Versioned } from '../../../src/core/preflight/skew.ts';
import type { PreflightOrder } from './plan-preflight.ts';
import type { NodePart } from './read-parts.ts';

/** Kubelets with their versions. Those go along that are of the control plane or of a group that the plan upgrades. */
export function versionedNodes(
  nodes: readonly NodePart[],
  { controlPlane, groups }: Pick<PreflightOrder, 'controlPlane' | 'groups'>,
): readonly Versioned[] {
  const own = new Set(groups.flatMap((group) => group.nodes.map(({ uid }) => uid)));
  return nodes.map(({ node }) => ({
    name: node.name,
    version: node.kubeletVersion,
    goesAlong: own.has(node.uid) || (controlPlane && isControlPlane(node)),
  }));
}
