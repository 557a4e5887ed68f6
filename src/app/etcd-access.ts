import { type DirectEtcd, openDirectEtcd } from '../adapters/etcd/direct.ts';
import { createExecEtcd } from '../adapters/etcd/exec/exec-etcd.ts';
import { type ExecFlavour, flavourOf } from '../adapters/etcd/exec/flavour.ts';
import { createFailedAccess, createNoAccess } from '../adapters/etcd/no-access.ts';
import { type EtcdTls, readEtcdTls } from '../adapters/etcd/tls.ts';
import { openTunnelEtcd, type TunnelEtcd } from '../adapters/etcd/tunnel.ts';
import type { ClusterConfig } from '../config/config.ts';
import type { EtcdPort } from '../core/ports/etcd.ts';
import type { KubernetesPort } from '../core/ports/kubernetes.ts';
import { readTlsSecret } from './tls-secret.ts';

/** The way to the etcd of one cluster, as configured. */
export interface EtcdAccess {
  /** A port for one plan or one turn of a step. @throws Error with words for people when the certificates cannot be used. */
  newPort(): Promise<EtcdPort>;
  close(): Promise<void>;
}

/** Limit for finding the pods and opening the ways to them, ms. */
const OPEN_MS = 15_000;

/** Makes the way; opens nothing yet. `kubernetes` is asked only by `exec` and `tunnel`. */
export function createEtcdAccess(cluster: ClusterConfig, kubernetes: () => KubernetesPort): EtcdAccess {
  const { etcd, name } = cluster;
  if (etcd === null) return closed(createNoAccess(`The configuration does not say how to reach the etcd of ${name}`));
  if (etcd.access === 'exec') {
    const flavour = flavourFor(cluster);
    const newPort = async (): Promise<EtcdPort> =>
      await Promise.resolve(createExecEtcd({ kubernetes: kubernetes(), flavour }));
    return { newPort, close: async () => await Promise.resolve() };
  }
  return etcd.access === 'tunnel' ? tunnelAccess(cluster, kubernetes) : directAccess(cluster);
}

function closed(port: EtcdPort): EtcdAccess {
  return { newPort: async () => await Promise.resolve(port), close: async () => await port.close() };
}

/** Everything but OpenShift runs etcd as kubeadm does. */
function flavourFor(cluster: ClusterConfig): ExecFlavour {
  return flavourOf(cluster.platform === 'openshift' ? 'openshift' : 'kubeadm');
}

/** What was opened with the present certificates; renewed ones lead to new connections. */
function renewable<T extends { close(): Promise<void> }>(open: (tls: EtcdTls | null) => T) {
  const all: T[] = [];
  let current: { readonly certificates: string; readonly opened: T } | null = null;
  return {
    with(tls: EtcdTls | null): T {
      const certificates = tls === null ? '' : Buffer.concat([tls.ca, tls.cert, tls.key]).toString('base64');
      if (current?.certificates === certificates) return current.opened;
      const opened = open(tls);
      // The former one is closed with the process only: a run may be in the middle of a call.
      all.push(opened);
      current = { certificates, opened };
      return opened;
    },
    close: async () => void (await Promise.all(all.map(async (each) => await each.close()))),
  };
}

function directAccess(cluster: ClusterConfig): EtcdAccess {
  const endpoints = cluster.etcd?.endpoints ?? [];
  const ways = renewable<DirectEtcd>((tls) => openDirectEtcd(tls === null ? { endpoints } : { endpoints, tls }));
  return {
    newPort: async () => {
      const secure = endpoints.some((endpoint) => endpoint.startsWith('https:'));
      return ways.with(secure ? await filesOf(cluster) : null).newPort();
    },
    close: ways.close,
  };
}

function tunnelAccess(cluster: ClusterConfig, kubernetes: () => KubernetesPort): EtcdAccess {
  const query = flavourFor(cluster);
  const ways = renewable<TunnelEtcd>((tls) => {
    if (tls === null) throw new Error(`The way to the etcd of ${cluster.name} by tunnel needs certificates`);
    return openTunnelEtcd({ kubernetes: kubernetes(), query, tls });
  });
  return {
    newPort: async () => {
      const secret = cluster.etcd?.tlsSecret ?? null;
      const tls = secret === null ? await filesOf(cluster) : await readTlsSecret(kubernetes(), secret, OPEN_MS);
      const port = await ways.with(tls).newPort({ timeoutMs: OPEN_MS });
      return port.ok ? port.value : createFailedAccess(port.error);
    },
    close: ways.close,
  };
}

async function filesOf({ etcd, name }: ClusterConfig): Promise<EtcdTls | null> {
  const files = etcd?.tls ?? null;
  if (files === null) return null;
  const read = await readEtcdTls(files);
  if (read.ok) return read.tls;
  throw new Error(`The certificates for the etcd of ${name} cannot be used: ${read.problems.join('; ')}`);
}
