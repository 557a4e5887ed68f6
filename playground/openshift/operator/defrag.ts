import { setTimeout as delay } from 'node:timers/promises';
import { type OwnStatus, openMembership } from '../../etcd-membership.ts';
import type { ClusterNode } from '../../kubernetes/cluster.ts';
import { ETCD_OPERATOR_SPACE } from '../layout.ts';
import type { OcpScene } from '../scene.ts';

/** While this ConfigMap is there the operator defragments nothing. */
export const NO_DEFRAG = 'etcd-disable-defrag';

const EVERY_MS = 11 * 60_000;
const LEAST_BYTES = 100 * 1024 * 1024;
const MOST_FRAGMENTED = 0.45;
const DEADLINE_MS = 60_000;

/**
 * The operator's own defragmentation: every 11 minutes (scaled) the members that hold more than 100 MiB of which 45 % are free, one after the other,
 * the leader last, while all members are well and nobody has forbidden it.
 *
 * Source: the cluster-etcd-operator's `DefragController`, retold.
 */
export async function runDefrag({ cluster, mirrors, pace, signal }: OcpScene): Promise<void> {
  const maps = mirrors.of('/api/v1/configmaps');
  while (!signal.aborted) {
    await delay(EVERY_MS * pace, undefined, { signal, ref: false }).catch(() => undefined);
    const isForbidden = !maps.filled() || maps.named(ETCD_OPERATOR_SPACE, NO_DEFRAG) !== undefined;
    if (signal.aborted || isForbidden) continue;
    const nodes = cluster.nodes.filter(({ clientUrl }) => cluster.etcd.endpoints.includes(clientUrl));
    const well = await Promise.all(nodes.map((node) => node.etcd.healthy()));
    if (!well.every(Boolean)) continue;
    try {
      const found = await Promise.all(nodes.map((node) => look(cluster.etcd.tls, node)));
      for (const { node } of worthwhile(found)) await defragment(cluster.etcd.tls, node);
    } catch {
      // What fails is left for the next time.
    }
  }
}

interface Found {
  readonly node: ClusterNode;
  readonly status: OwnStatus;
}

type Tls = Parameters<typeof openMembership>[1];

async function look(tls: Tls, node: ClusterNode): Promise<Found> {
  const member = openMembership(node.clientUrl, tls);
  try {
    return { node, status: await member.status() };
  } finally {
    member.close();
  }
}

/** Those that are worth it, the leader last. */
export function worthwhile<T extends { readonly status: OwnStatus }>(found: readonly T[]): readonly T[] {
  return found
    .filter(
      ({ status: { dbSize, dbSizeInUse } }) => dbSize > LEAST_BYTES && 1 - dbSizeInUse / dbSize >= MOST_FRAGMENTED,
    )
    .toSorted((a, b) => Number(a.status.id === a.status.leader) - Number(b.status.id === b.status.leader));
}

async function defragment(tls: Tls, node: ClusterNode): Promise<void> {
  const member = openMembership(node.clientUrl, tls, DEADLINE_MS);
  try {
    await member.defragment();
  } finally {
    member.close();
  }
}
