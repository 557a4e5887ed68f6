import { tmpdir } from 'node:os';
import { createNoVault } from '../adapters/backup/no-vault.ts';
import { createDrill } from '../adapters/drill/drill.ts';
import { createNoDrill } from '../adapters/drill/no-drill.ts';
import { createSocketEtcd } from '../adapters/etcd/direct.ts';
import { createNoAccess } from '../adapters/etcd/no-access.ts';
import { createNoKubernetes } from '../adapters/kubernetes/no-access.ts';
import type { KubernetesOptions } from '../adapters/kubernetes/open.ts';
import { createLeaseWitness } from '../adapters/kubernetes/witness/lease-witness.ts';
import { createNoHosts } from '../adapters/ssh/no-hosts.ts';
import type { ClusterConfig, Config } from '../config/config.ts';
import type { Check } from '../core/plan.ts';
import type { DrillPort } from '../core/ports/drill.ts';
import type { EtcdPort } from '../core/ports/etcd.ts';
import type { PortName, Ports } from '../core/ports/ports.ts';
import type { Clock, Log } from '../core/ports/runtime.ts';
import type { Witness } from '../core/ports/witness.ts';
import { createBackupVaults } from './backup-vaults.ts';
import { type OpenCluster, openCluster } from './open-cluster.ts';
import { standingChecks } from './standing-checks.ts';
import { witnessCheck } from './witness-check.ts';

/** Ports of all configured clusters. Connections are made when first asked for, and kept. */
export interface ClusterPorts {
  /**
   * Ports bound to a cluster, for one plan or one turn of a step: each keeps to the ring that answers it first. Throws with
   * words for people when one cannot be made.
   */
  of(cluster: string, names: readonly PortName[]): Promise<Ports>;
  /** See {@link standingChecks} and, for plans that change something, {@link witnessCheck}; a bare ring has none. */
  standing(cluster: string, changes: boolean, signal: AbortSignal): Promise<readonly Check[]>;
  /** What a cluster itself remembers of Drydock's calls; `null`: it has no Kubernetes to remember them. */
  witness(cluster: string): Witness | null;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Where the notes of runs lie: this namespace is in every cluster. */
const WITNESS_NAMESPACE = 'kube-system';

/** What the ports stand on. */
export interface ClusterPortsRuntime {
  readonly clock: Clock;
  readonly log: Log;
  /** Told before each request to an API server what it asks for; a test compares that with the shipped roles. */
  readonly onRequest?: NonNullable<KubernetesOptions['onRequest']>;
}

/** Access to the configured clusters. Certificates are read again with each use, so that renewed ones are taken up. */
export function createClusterPorts(config: Config, { clock, log, onRequest }: ClusterPortsRuntime): ClusterPorts {
  const opened = new Map<string, OpenCluster>();
  const vaults = createBackupVaults(clock);
  const drill = drillOf(config, { clock, log });

  function open(cluster: ClusterConfig): OpenCluster {
    const known = opened.get(cluster.name);
    if (known !== undefined) return known;
    const made = openCluster(cluster, onRequest);
    opened.set(cluster.name, made);
    return made;
  }
  async function portsOf(name: string, names: readonly PortName[]): Promise<Ports> {
    const cluster = config.clusters.find((each) => each.name === name);
    if (cluster === undefined) throw new Error(`There is no cluster ${name} in the configuration of this worker.`);
    const { kubernetes, management, hosts, etcd } = open(cluster);
    // What is not asked for is not opened: its certificates may be missing, and nobody needs them.
    return {
      kubernetes: names.includes('kubernetes') ? kubernetes() : NOT_ASKED,
      management: names.includes('management') ? management() : NOT_ASKED,
      hosts: names.includes('hosts') ? hosts() : NO_HOSTS,
      etcd: names.includes('etcd') ? await etcd.newPort().catch(noWay) : NO_ETCD,
      backups: names.includes('backups') ? vaults.of(cluster) : NO_VAULT,
      drill: names.includes('drill') ? drill : NO_DRILL,
    };
  }
  function witnessOf(name: string): Witness | null {
    const cluster = config.clusters.find((each) => each.name === name);
    if (cluster === undefined || cluster.platform === 'etcd') return null;
    return createLeaseWitness({ kubernetes: open(cluster).kubernetes(), namespace: WITNESS_NAMESPACE, clock, log });
  }
  async function standingOf(name: string, changes: boolean, signal: AbortSignal): Promise<readonly Check[]> {
    const cluster = config.clusters.find((each) => each.name === name);
    if (cluster === undefined || cluster.platform === 'etcd') return [];
    const kubernetes = open(cluster).kubernetes();
    const [checks, witness] = await Promise.all([
      standingChecks(kubernetes, signal),
      changes ? witnessCheck(kubernetes, WITNESS_NAMESPACE, signal) : null,
    ]);
    return witness === null ? checks : [...checks, witness];
  }
  return {
    of: portsOf,
    standing: standingOf,
    witness: witnessOf,
    close: async () => void (await Promise.all([...opened.values()].map(async (each) => await each.close()))),
  };
}

/** Certificates that cannot be read are a finding of the plan, with their words. */
function noWay(thrown: unknown): EtcdPort {
  return createNoAccess(thrown instanceof Error ? thrown.message : String(thrown), 'access-unusable');
}

const NOT_ASKED = createNoKubernetes('This step did not ask for Kubernetes');
const NO_HOSTS = createNoHosts('This step did not ask for hosts');
const NO_VAULT = createNoVault('This step did not ask for backups');
const NO_DRILL = createNoDrill('This step did not ask for a drill');
const NO_ETCD = createNoAccess('This step did not ask for etcd');

/** Looks for programs with each drill, so that what is installed meanwhile is found. */
function drillOf({ drills }: Config, runtime: Pick<ClusterPortsRuntime, 'clock' | 'log'>): DrillPort {
  return createDrill({
    ...runtime,
    folder: drills.folder ?? tmpdir(),
    searchIn: drills.programs,
    path: process.env['PATH'] ?? '',
    etcdAt: createSocketEtcd,
  });
}
