import type { CapiOwner } from './owner.ts';

/** What is asked for of one group. */
export interface GroupTarget {
  readonly owner: CapiOwner;
  readonly to: string;
  /** The control plane goes there earlier in the same plan: what holds of it then is not asked of it now. */
  readonly behindControlPlane: boolean;
  /** An earlier upgrade is taken back. */
  readonly isUndo: boolean;
}

/** One thing that speaks against a change now. `words`: without a period. */
export interface UpgradeObstacle {
  readonly id: 'group-state' | 'capi-version' | 'capi-strategy' | 'capi-order' | 'capi-topology';
  readonly words: string;
}
