import type { EtcdPort } from './etcd.ts';

/** Everything a runbook or step can be given, bound to the run's cluster. It gets only what it names in `needs`. */
export interface Ports {
  readonly etcd: EtcdPort;
}

/** Name of a port. */
export type PortName = keyof Ports;
