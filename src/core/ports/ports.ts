import type { BackupVault } from './backup-vault.ts';
import type { DrillPort } from './drill.ts';
import type { EtcdPort } from './etcd.ts';
import type { HostPort } from './hosts.ts';
import type { KubernetesPort } from './kubernetes.ts';

/** Everything a runbook or step can be given, bound to the run's cluster. It gets only what it names in `needs`. */
export interface Ports {
  readonly etcd: EtcdPort;
  /** On a bare ring every call answers `not-configured`. */
  readonly kubernetes: KubernetesPort;
  /** The cluster that manages this one (cluster-api, eks-anywhere). Where there is none, every call answers `not-configured`. */
  readonly management: KubernetesPort;
  /** The machines of a bare ring. Where nothing is configured, every call answers `not-configured`. */
  readonly hosts: HostPort;
  /** Where nothing is configured, every call answers `not-configured`. */
  readonly backups: BackupVault;
  /** This worker's own, the same for every cluster. */
  readonly drill: DrillPort;
}

/** Name of a port. */
export type PortName = keyof Ports;
