import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openssl } from '../../certificates.ts';
import { type NodePlace, rootOf } from '../node/place.ts';

/** Certificate and key, as paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What belongs to the whole cluster; the files are in its `pki` directory. */
export interface ClusterPki {
  readonly directory: string;
  /** `kubernetes`: signs the API server and its clients. */
  readonly ca: KeyPair;
  /** `etcd-ca`: signs etcd's servers, peers and clients. */
  readonly etcdCa: KeyPair;
  /** The API server's certificate, for all nodes' addresses. */
  readonly apiServer: KeyPair;
  /** The API server as a client of etcd. */
  readonly apiServerEtcdClient: KeyPair;
  /** `kubernetes-admin` of group `kubeadm:cluster-admins`. */
  readonly admin: KeyPair;
  /** `kubernetes-super-admin` of group `system:masters`. */
  readonly superAdmin: KeyPair;
  /** Signs service-account tokens. */
  readonly serviceAccount: { readonly key: string; readonly publicKey: string };
}

/** Makes everything that kubeadm shares between control-plane nodes. */
export async function makeClusterPki(
  directory: string,
  names: readonly string[],
  addresses: readonly string[],
): Promise<ClusterPki> {
  const pki = join(directory, 'pki');
  await mkdir(join(pki, 'etcd'), { recursive: true });
  const [ca, etcdCa] = await Promise.all([
    makeAuthority(join(pki, 'ca'), 'kubernetes'),
    makeAuthority(join(pki, 'etcd/ca'), 'etcd-ca'),
  ]);
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const hosts = [...service, 'localhost', ...names].map((name) => `DNS:${name}`);
  const ips = ['10.96.0.1', '127.0.0.1', ...addresses].map((address) => `IP:${address}`);
  const [apiServer, apiServerEtcdClient, admin, superAdmin, serviceAccount] = await Promise.all([
    issue({
      path: join(pki, 'apiserver'),
      ca,
      subject: '/CN=kube-apiserver',
      usage: 'serverAuth',
      alternatives: [...hosts, ...ips],
    }),
    issue({
      path: join(pki, 'apiserver-etcd-client'),
      ca: etcdCa,
      subject: '/CN=kube-apiserver-etcd-client',
      usage: 'clientAuth',
    }),
    issue({
      path: join(pki, 'admin'),
      ca,
      subject: '/O=kubeadm:cluster-admins/CN=kubernetes-admin',
      usage: 'clientAuth',
    }),
    issue({
      path: join(pki, 'super-admin'),
      ca,
      subject: '/O=system:masters/CN=kubernetes-super-admin',
      usage: 'clientAuth',
    }),
    makeSigningKey(join(pki, 'sa')),
  ]);
  return { directory: pki, ca, etcdCa, apiServer, apiServerEtcdClient, admin, superAdmin, serviceAccount };
}

/** Writes a control-plane node's `/etc/kubernetes/pki`, with certificates of its own for etcd, as kubeadm does. */
export async function writeNodePki(pki: ClusterPki, place: NodePlace): Promise<void> {
  const directory = join(rootOf(place), 'etc/kubernetes/pki');
  await mkdir(join(directory, 'etcd'), { recursive: true });
  const shared = [
    'ca.crt',
    'ca.key',
    'etcd/ca.crt',
    'etcd/ca.key',
    'sa.key',
    'sa.pub',
    'apiserver.crt',
    'apiserver.key',
  ];
  const client = ['apiserver-etcd-client.crt', 'apiserver-etcd-client.key'];
  const alternatives = [`DNS:${place.name}`, 'DNS:localhost', 'IP:127.0.0.1', ...ownAddress(place)];
  const ca = pki.etcdCa;
  const both = 'serverAuth,clientAuth';
  await Promise.all([
    ...[...shared, ...client].map((file) => copyFile(join(pki.directory, file), join(directory, file))),
    issue({ path: join(directory, 'etcd/server'), ca, subject: `/CN=${place.name}`, usage: both, alternatives }),
    issue({ path: join(directory, 'etcd/peer'), ca, subject: `/CN=${place.name}`, usage: both, alternatives }),
    issue({
      path: join(directory, 'etcd/healthcheck-client'),
      ca,
      subject: '/CN=kube-etcd-healthcheck-client',
      usage: 'clientAuth',
    }),
  ]);
}

function ownAddress(place: NodePlace): readonly string[] {
  return place.address === '127.0.0.1' ? [] : [`IP:${place.address}`];
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

async function makeAuthority(path: string, name: string): Promise<KeyPair> {
  const pair = { cert: `${path}.crt`, key: `${path}.key` };
  const subject = ['-days', '30', '-subj', `/CN=${name}`];
  await openssl(['req', '-x509', ...NEW_KEY, ...subject, '-keyout', pair.key, '-out', pair.cert]);
  return pair;
}

/** What a certificate says. */
export interface Issue {
  /** Without ending. */
  readonly path: string;
  readonly ca: KeyPair;
  readonly subject: string;
  readonly usage: string;
  readonly alternatives?: readonly string[];
}

/** Makes key and certificate, `<path>.key` and `<path>.crt`, valid for 30 days. */
export async function issue({ path, ca, subject, usage, alternatives = [] }: Issue): Promise<KeyPair> {
  const pair = { cert: `${path}.crt`, key: `${path}.key` };
  const [request, extensions] = [`${path}.csr`, `${path}.ext`];
  const names = alternatives.length === 0 ? '' : `subjectAltName=${alternatives.join(',')}\n`;
  await writeFile(extensions, `${names}extendedKeyUsage=${usage}\nbasicConstraints=critical,CA:FALSE\n`);
  await openssl(['req', ...NEW_KEY, '-subj', subject, '-keyout', pair.key, '-out', request]);
  const serial = createHash('sha256').update(path).update(randomBytes(8)).digest('hex').slice(0, 15);
  const signer = ['-CA', ca.cert, '-CAkey', ca.key, '-set_serial', `0x1${serial}`, '-days', '30'];
  await openssl(['x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', pair.cert]);
  await Promise.all([rm(request), rm(extensions)]);
  return pair;
}

async function makeSigningKey(path: string): Promise<{ key: string; publicKey: string }> {
  await mkdir(dirname(path), { recursive: true });
  const [key, publicKey] = [`${path}.key`, `${path}.pub`];
  await openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key]);
  await openssl(['pkey', '-in', key, '-pubout', '-out', publicKey]);
  return { key, publicKey };
}
