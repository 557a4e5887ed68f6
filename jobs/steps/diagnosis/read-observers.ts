import { API_SERVER_LEASES, leaseSign, operatorSign, peerSigns } from '../../../src/core/etcd/diagnosis/observers.ts';
import type { ObserverSign } from '../../../src/core/etcd/diagnosis/signs.ts';
import type { Ring } from '../../../src/core/etcd/ring.ts';
import { etcdOperatorWords, readEtcdOperator } from '../../../src/core/openshift/operator.ts';
import type { MemberId } from '../../../src/core/ports/etcd.ts';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { readPeers } from '../read-peers.ts';
import { BESIDE_MS, type DiagnosisSource } from './sources.ts';

/** What others say of each member of a ring. */
export type ObserverSigns = (id: MemberId, name: string, node: string | null) => readonly ObserverSign[];

/**
 * Asks whoever sees the members beside us: the members of each other, the etcd operator of OpenShift, and, where the members do not
 * tell, the API servers beside them. Who cannot be asked says nothing.
 */
export async function readObservers(source: DiagnosisSource, ring: Ring): Promise<ObserverSigns> {
  // Only those that follow a leader: one that is cut off has lost everybody.
  const asked = ring.members.filter(({ status }) => status !== null && status.leaderId !== null);
  const doubted = ring.members.filter(({ status }) => status === null).map(({ id }) => id);
  const [peers, operator] = await Promise.all([readPeers(source, ring, { asked, doubted }), readOperator(source)]);
  const leases = peers.length === 0 ? await readLeases(source) : [];
  const nowMs = source.nowMs();
  return (id, name, node) => {
    const told = operator === '' ? null : operatorSign(operator, name);
    const lease = node === null ? null : leaseSign(leases, node, nowMs);
    return [...peerSigns(id, peers), ...(told === null ? [] : [told]), ...(lease === null ? [] : [lease])];
  };
}

async function readOperator({ ports, cluster, signal }: DiagnosisSource): Promise<string> {
  if (cluster.platform !== 'openshift' || ports.kubernetes === undefined) return '';
  const ref = { apiVersion: 'operator.openshift.io/v1', kind: 'Etcd', namespace: null, name: 'cluster' };
  const got = await ports.kubernetes.get(ref, { timeoutMs: BESIDE_MS, signal });
  if (!got.ok) return '';
  try {
    return etcdOperatorWords(readEtcdOperator(got.value)).members;
  } catch {
    return '';
  }
}

async function readLeases({ ports, cluster, signal }: DiagnosisSource): Promise<readonly KubernetesObject[]> {
  const usesItsOwn = cluster.platform === 'kubeadm' || cluster.platform === 'cluster-api';
  const kubernetes: Pick<KubernetesPort, 'list'> | undefined = ports.kubernetes;
  if (!usesItsOwn || kubernetes === undefined) return [];
  const query = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'kube-system' };
  const call = { timeoutMs: BESIDE_MS, signal };
  const listed = await kubernetes.list({ ...query, labelSelector: API_SERVER_LEASES }, call);
  return listed.ok ? listed.value.items : [];
}
