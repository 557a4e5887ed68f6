import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { lastWriter } from '../../../src/core/cluster-api/upgrade/last-writer.ts';
import { versionPath } from '../../../src/core/cluster-api/upgrade/owner.ts';
import type { RawObjects } from './read-view.ts';

/** Who wrote the version of a group last, in words; empty: nobody is noted. */
export function writerOf(change: CapiChange, raw: RawObjects): string {
  if (change.way === 'topology') return lastWriter(raw.cluster, '/spec/topology/version') ?? '';
  const owner = raw.owners.find(({ metadata }) => metadata.uid === change.owner.uid);
  return owner === undefined ? '' : (lastWriter(owner, versionPath(change.owner)) ?? '');
}
