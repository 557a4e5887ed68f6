import type { JsonObject } from '../../../core/json.ts';
import type { KubernetesObject } from '../../../core/ports/kubernetes.ts';
import { WitnessNote } from '../../../core/witness.ts';

/** Label of the Leases that are notes of runs. */
export const LABEL = 'drydock.dev/run';
const NOTE = 'drydock.dev/note';

/** Name of a run's Lease. Run ids are lower-case letters, digits and hyphens. */
export function leaseName(run: string): string {
  return `drydock-${run}`;
}

/** Where and when a note is written, and over what. */
export interface LeasePlace {
  readonly namespace: string;
  readonly nowMs: number;
  readonly existing: KubernetesObject | null;
}

/**
 * The Lease of a note. Revision and uid of the existing one go along: a PUT without uid would recreate a Lease that somebody
 * deleted. Times have exactly six decimals, or the server refuses them. Source: answers of kube-apiserver 1.36.
 */
export function leaseOf(note: WitnessNote, { namespace, nowMs, existing }: LeasePlace): JsonObject {
  const now = new Date(nowMs).toISOString().replace(/Z$/, '000Z');
  const identity: JsonObject =
    existing === null ? {} : { uid: existing.metadata.uid, resourceVersion: existing.metadata.resourceVersion };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(note.run),
      namespace,
      ...identity,
      labels: { [LABEL]: note.run },
      annotations: { [NOTE]: JSON.stringify(note) },
    },
    spec: { holderIdentity: `drydock/${note.run}`, renewTime: now },
  };
}

/** The note in a Lease; `null`: there is none that can be read. */
export function noteOf(lease: KubernetesObject): WitnessNote | null {
  try {
    const parsed = WitnessNote.safeParse(JSON.parse(lease.metadata.annotations?.[NOTE] ?? ''));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
