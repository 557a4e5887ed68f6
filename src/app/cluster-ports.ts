import { type DirectEtcd, openDirectEtcd } from '../adapters/etcd/direct.ts';
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

async function directAccess(
  cluster: ClusterConfig,
): Promise<{ readonly endpoints: readonly string[]; readonly tls: EtcdTls | null }> {
  const { etcd, name } = cluster;
  if (etcd === null) throw new Error(`The configuration does not say how to reach the etcd of ${name}.`);
  if (etcd.access !== 'direct')
    throw new Error(`Access to the etcd of ${name} by ${etcd.access} is not built yet; use direct.`);
  const secure = etcd.endpoints.some((endpoint) => endpoint.startsWith('https:'));
  if (!secure || etcd.tls === null) return { endpoints: etcd.endpoints, tls: null };
  const read = await readEtcdTls(etcd.tls);
  if (!read.ok)
    throw new Error(`The certificates for the etcd of ${name} cannot be used: ${read.problems.join('; ')}.`);
  return { endpoints: etcd.endpoints, tls: read.tls };
}
