import { type DirectEtcd, openDirectEtcd } from '../adapters/etcd/direct.ts';
import { createNoAccess } from '../adapters/etcd/no-access.ts';
import { type EtcdTls, readEtcdTls } from '../adapters/etcd/tls.ts';
import type { ClusterConfig, Config } from '../config/config.ts';
import type { EtcdPort } from '../core/ports/etcd.ts';
import type { PortName, Ports } from '../core/ports/ports.ts';

/** Ports of all configured clusters. Connections are made when first asked for, and kept. */
export interface ClusterPorts {
  /**
   * Ports bound to a cluster, for one plan or one turn of a step: each keeps to the ring that answers it first. Throws with
   * words for people when one cannot be made.
   */
  of(cluster: string, names: readonly PortName[]): Promise<Ports>;
  /** Closes every connection. */
  close(): Promise<void>;
}

interface OpenEtcd {
  /** The certificates it was made with: renewed files lead to a new connection. */
  readonly certificates: string;
  readonly etcd: DirectEtcd;
}

/** Access to the configured clusters. Certificates are read again with each use, so that renewed ones are taken up. */
export function createClusterPorts(config: Config): ClusterPorts {
  const open = new Map<string, OpenEtcd>();
  const all: DirectEtcd[] = [];
  async function etcdOf(name: string): Promise<EtcdPort> {
    const cluster = config.clusters.find((each) => each.name === name);
    if (cluster === undefined) throw new Error(`There is no cluster ${name} in the configuration of this worker.`);
    const why = noWayTo(cluster);
    if (why !== null) return createNoAccess(why);
    const { endpoints, tls } = await directAccess(cluster);
    const certificates = tls === null ? '' : Buffer.concat([tls.ca, tls.cert, tls.key]).toString('base64');
    const known = open.get(name);
    if (known?.certificates === certificates) return known.etcd.newPort();
    const etcd = openDirectEtcd(tls === null ? { endpoints } : { endpoints, tls });
    // The former one is closed with the process only: a run may be in the middle of a call.
    all.push(etcd);
    open.set(name, { certificates, etcd });
    return etcd.newPort();
  }
  return {
    of: async (cluster, _names) => ({ etcd: await etcdOf(cluster) }),
    close: async () => {
      await Promise.all(all.map(async (etcd) => await etcd.close()));
    },
  };
}

/** Why a ring cannot be reached at all; `null`: it can. Plans say so in their checks, so this is no error here. */
function noWayTo({ etcd, name }: ClusterConfig): string | null {
  if (etcd === null) return `The configuration does not say how to reach the etcd of ${name}.`;
  if (etcd.access === 'direct') return null;
  return `Access to the etcd of ${name} by ${etcd.access} is not supported yet; use direct.`;
}

async function directAccess({
  etcd,
  name,
}: ClusterConfig): Promise<{ readonly endpoints: readonly string[]; readonly tls: EtcdTls | null }> {
  const { endpoints, tls } = etcd ?? { endpoints: [], tls: null };
  if (tls === null || !endpoints.some((endpoint) => endpoint.startsWith('https:'))) return { endpoints, tls: null };
  const read = await readEtcdTls(tls);
  if (!read.ok)
    throw new Error(`The certificates for the etcd of ${name} cannot be used: ${read.problems.join('; ')}.`);
  return { endpoints, tls: read.tls };
}
