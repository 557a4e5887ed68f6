import { minorsUp } from '../../kubernetes/version.ts';
import type { CapiChange } from './change.ts';

/**
 * Whether a change cannot be taken back. A topology takes no older version, and a control plane none after its first new machine. Machines of a
 * node group join no control plane that is a minor version ahead of them. Where the machines of one that goes on came from is not told. What is
 * taken back can go forward again.
 */
export function goesForwardOnly({
  way,
  owner,
  from,
  to,
  isUndo,
}: Pick<CapiChange, 'way' | 'owner' | 'from' | 'to' | 'isUndo'>): boolean {
  if (isUndo) return false;
  // What cannot be told counts as another minor version.
  return way === 'topology' || owner.kind === 'KubeadmControlPlane' || from === to || minorsUp(from, to) !== 0;
}
