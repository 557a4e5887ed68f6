import { isControlPlane } from '../../kubernetes/node.ts';
import { isSameVersion } from '../../kubernetes/version.ts';
import { sameVersion } from './progress.ts';
import { machinesOf, type UpgradeView } from './view.ts';

/**
 * Which machine of the control plane has joined at a version, or may have, in words; `null`: none. It counts from the moment at which its
 * host is there: etcd takes the new member, and the API server of the new version writes, before the Machine names a node. A node at the
 * version that no other machine names counts too, because some providers tell of the host late.
 */
export function joinedWords(view: UpgradeView, version: string): string | null {
  const { plane, nodes } = view;
  if (plane === null) return null;
  const machines = machinesOf(view, plane);
  const fresh = machines.filter((each) => isSameVersion(each.version, version));
  const old = machines.filter((each) => !fresh.includes(each));
  const told = nodes.filter(
    (node) =>
      isControlPlane(node) &&
      sameVersion(node.kubeletVersion, version) &&
      !old.some((machine) => machine.node === node.name),
  );
  const joined = [...new Set([...fresh.flatMap(({ node }) => node ?? []), ...told.map(({ name }) => name)])];
  const hosted = fresh.filter(({ node, providerId }) => node === null && providerId !== '');
  const words = [
    ...(joined.length === 0 ? [] : [`${joined.join(', ')} ${hasHave(joined)} joined at ${version}`]),
    ...hosted.map(({ name }) => `Machine ${name} has its host and may have joined at ${version}`),
  ];
  return words.length === 0 ? null : words.join('; ');
}

function hasHave(names: readonly string[]): string {
  return names.length === 1 ? 'has' : 'have';
}
