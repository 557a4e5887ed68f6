import { z } from 'zod';
import { CAPI_GROUP, CONTROL_PLANE_LABEL } from '../../../src/core/cluster-api/names.ts';
import { versionFor } from '../../../src/core/cluster-api/versions.ts';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { Expiry } from '../../../src/core/preflight/certificates.ts';
import { type Seen, seen, unseen } from '../../../src/core/preflight/seen.ts';
import { CALL_MS } from './read-parts.ts';

/** What people may write where Cluster API does not know it. */
const EXPIRY = 'machine.cluster.x-k8s.io/certificates-expiry';

const Machine = z.object({
  spec: z.object({ providerID: z.string().nullish() }).prefault({}),
  status: z.object({ certificatesExpiryDate: z.string().nullish() }).prefault({}),
});

/**
 * When the certificates of the machines of a control plane end, as Cluster API knows it of those that kubeadm set up. Which machines are of this
 * cluster the provider ids of its nodes say. Source: Cluster API, `Machine.status.certificatesExpiryDate`.
 */
export async function readMachineCertificates(
  management: Pick<KubernetesPort, 'groupVersions' | 'list'>,
  order: { readonly namespace: string | null; readonly providerIds: readonly string[] },
  signal: AbortSignal,
): Promise<Seen<readonly Expiry[]>> {
  const call = { timeoutMs: CALL_MS, signal };
  const versions = await management.groupVersions(CAPI_GROUP, call);
  if (!versions.ok) return unseen(versions.error.message);
  const version = versionFor(versions.value);
  if (version === null) return unseen(`the management cluster serves no version of ${CAPI_GROUP} that is known`);
  const kind = { apiVersion: `${CAPI_GROUP}/${version}`, kind: 'Machine', namespace: order.namespace };
  const listed = await management.list({ ...kind, labelSelector: CONTROL_PLANE_LABEL }, call);
  if (!listed.ok) return unseen(listed.error.message);
  const ids = new Set(order.providerIds.filter((id) => id !== ''));
  return seen(listed.value.items.flatMap((object) => expiryOf(object, ids)));
}

function expiryOf(object: KubernetesObject, ids: ReadonlySet<string>): readonly Expiry[] {
  const read = Machine.safeParse(object);
  if (!read.success || !ids.has(read.data.spec.providerID ?? '')) return [];
  const at = read.data.status.certificatesExpiryDate ?? object.metadata.annotations?.[EXPIRY] ?? null;
  return at === null ? [] : [{ name: `machine ${object.metadata.name}`, at }];
}
