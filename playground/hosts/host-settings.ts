import { readFile } from 'node:fs/promises';
import type { RingCertificates } from '../certificates.ts';
import { HOST_FACTS } from './host.ts';
import { clientUrlOf, peerUrlOf } from './host-member.ts';

/** Where a host keeps etcd's certificates. */
const PKI = '/etc/etcd/pki';

/** What a host's file of settings depends on. */
export interface SettingsFacts {
  readonly name: string;
  readonly address: string;
  /** `m-1=https://…,m-2=https://…` */
  readonly initialCluster: string;
  readonly state: 'new' | 'existing';
  readonly token: string;
  readonly quotaBytes: number;
  /** Further settings; they win. */
  readonly more: Readonly<Record<string, string>>;
}

/** Settings of a member as an administrator writes them for the service. */
export function hostSettings(facts: SettingsFacts): Readonly<Record<string, string>> {
  const { name, address, initialCluster, state, token, quotaBytes, more } = facts;
  return {
    ETCD_NAME: name,
    ETCD_DATA_DIR: HOST_FACTS.dataDirectory,
    ETCD_LISTEN_CLIENT_URLS: clientUrlOf(address),
    ETCD_ADVERTISE_CLIENT_URLS: clientUrlOf(address),
    ETCD_LISTEN_PEER_URLS: peerUrlOf(address),
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrlOf(address),
    ETCD_INITIAL_CLUSTER: initialCluster,
    ETCD_INITIAL_CLUSTER_STATE: state,
    ETCD_INITIAL_CLUSTER_TOKEN: token,
    ETCD_CLIENT_CERT_AUTH: 'true',
    ETCD_TRUSTED_CA_FILE: `${PKI}/ca.crt`,
    ETCD_CERT_FILE: `${PKI}/server.crt`,
    ETCD_KEY_FILE: `${PKI}/server.key`,
    ETCD_PEER_CLIENT_CERT_AUTH: 'true',
    ETCD_PEER_TRUSTED_CA_FILE: `${PKI}/ca.crt`,
    ETCD_PEER_CERT_FILE: `${PKI}/server.crt`,
    ETCD_PEER_KEY_FILE: `${PKI}/server.key`,
    ETCD_QUOTA_BACKEND_BYTES: String(quotaBytes),
    // Slower than the defaults (100, 1000): a small busy machine must not change leaders by itself.
    ETCD_HEARTBEAT_INTERVAL: '200',
    ETCD_ELECTION_TIMEOUT: '2000',
    ETCD_SNAPSHOT_COUNT: '1000',
    ETCD_MAX_WALS: '1',
    ETCD_LOGGER: 'zap',
    ETCD_LOG_LEVEL: 'warn',
    ETCD_LOG_OUTPUTS: 'stderr',
    ...more,
  };
}

/** The files of etcd's certificates, by their paths on a host. */
export async function certificateFiles({ server }: RingCertificates): Promise<Readonly<Record<string, Buffer>>> {
  const [ca, cert, key] = await Promise.all([readFile(server.ca), readFile(server.cert), readFile(server.key)]);
  return { [`${PKI}/ca.crt`]: ca, [`${PKI}/server.crt`]: cert, [`${PKI}/server.key`]: key };
}
