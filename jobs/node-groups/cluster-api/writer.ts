import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { lastWriter } from '../../../src/core/cluster-api/upgrade/last-writer.ts';
import { versionPath } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { readTopology } from '../../../src/core/cluster-api/upgrade/topology.ts';
import type { RawObjects } from './read-view.ts';

/**
 * Who wrote the version of a group last, in words; empty: nobody is noted. Of a topology at its version: who wrote its workers, because what
 * holds them back is in there, and an annotation that is taken away leaves no writer of its own.
 */
export function writerOf(change: CapiChange, raw: RawObjects): string {
  if (change.way === 'topology') {
    const isSet = readTopology(raw.cluster)?.version === change.to;
    return lastWriter(raw.cluster, isSet ? '/spec/topology/workers' : '/spec/topology/version') ?? '';
  }
  const owner = raw.owners.find(({ metadata }) => metadata.uid === change.owner.uid);
  return owner === undefined ? '' : (lastWriter(owner, versionPath(change.owner)) ?? '');
}
