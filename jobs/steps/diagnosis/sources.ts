import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import type { Ports } from '../../../src/core/ports/ports.ts';
import type { HashContext } from '../compare-hashes.ts';

/** Everything that a diagnosis looks at. What a runbook has no port for is not seen, and that is said. */
export interface DiagnosisSource extends Omit<HashContext, 'ports'> {
  readonly ports: Pick<Ports, 'etcd'> & Partial<Pick<Ports, 'kubernetes' | 'management' | 'hosts'>>;
  readonly cluster: Pick<ClusterProfile, 'name' | 'platform' | 'defrag' | 'management' | 'replace'>;
  nowMs(): number;
}

/** Limit of one call beside etcd, ms. */
export const BESIDE_MS = 10_000;

/** What was read, and what could not be, as sentences. */
export interface Read<T> {
  readonly value: T;
  readonly unseen: readonly string[];
}

/** Reads objects one by one; one that has not the shape that is expected is left out. */
export function legible<T, O>(objects: readonly O[], reader: (object: O) => T): readonly T[] {
  return objects.flatMap((object) => {
    try {
      return [reader(object)];
    } catch {
      return [];
    }
  });
}
