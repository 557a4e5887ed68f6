import type { Check } from '../../../src/core/plan.ts';
import type { Ports } from '../../../src/core/ports/ports.ts';
import { certificatesCheck, type Expiry } from '../../../src/core/preflight/certificates.ts';
import type { ExpiringClients } from '../../../src/core/preflight/samples.ts';
import { type Seen, seen } from '../../../src/core/preflight/seen.ts';
import type { PlanContext } from '../../../src/core/runbook.ts';
import { readMachineCertificates } from './read-machine-certificates.ts';
import type { ClusterParts } from './read-parts.ts';

/** What a pre-flight may use. Where a cluster manages this one, its objects are looked at as well. */
export type PreflightContext = PlanContext<'kubernetes'> & { readonly ports: Partial<Pick<Ports, 'management'>> };

/** Ends of the certificates of all machines of the control plane, where Cluster API keeps them; none: nobody tells. */
export async function machineCertificates(
  { ports, cluster, signal }: PreflightContext,
  nodes: ClusterParts['nodes'],
): Promise<Seen<readonly Expiry[]>> {
  const { management } = ports;
  const home = cluster.management ?? null;
  if (cluster.platform !== 'cluster-api' || management === undefined || home === null || !nodes.ok) return seen([]);
  const providerIds = nodes.value.items.map(({ node }) => node.providerId);
  return await readMachineCertificates(management, { namespace: home.namespace, providerIds }, signal);
}

/** Whether nobody keeps any sign of certificates: a note says so, and no check. */
export function isUntold(machines: Seen<readonly Expiry[]>, clients: Seen<ExpiringClients | null>): boolean {
  return machines.ok && machines.value.length === 0 && clients.ok && clients.value === null;
}

/** The check of certificates, where anybody tells of them. */
export function certificateChecks(
  machines: Seen<readonly Expiry[]>,
  clients: Seen<ExpiringClients | null>,
  nowMs: number,
): readonly Check[] {
  return isUntold(machines, clients) ? [] : [certificatesCheck(machines, clients, nowMs)];
}
