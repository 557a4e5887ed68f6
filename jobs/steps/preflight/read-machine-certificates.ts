import { z } from 'zod';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { Expiry } from '../../../src/core/preflight/certificates.ts';
import { type Seen, seen, unseen } from '../../../src/core/preflight/seen.ts';
import { CALL_MS } from './read-parts.ts';

const GROUP = 'cluster.x-k8s.io';
const KNOWN = ['v1beta2', 'v1beta1'] as const;
/** Machines of control planes carry it, with an empty value. */
const CONTROL_PLANE = 'cluster.x-k8s.io/control-plane';
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
  const versions = await management.groupVersions(GROUP, call);
  if (!versions.ok) return unseen(versions.error.message);
  const version = KNOWN.find((each) => versions.value.includes(each));
  if (version === undefined) return unseen(`the management cluster serves no version of ${GROUP} that is known`);
  const kind = { apiVersion: `${GROUP}/${version}`, kind: 'Machine', namespace: order.namespace };
  const listed = await management.list({ ...kind, labelSelector: CONTROL_PLANE }, call);
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
