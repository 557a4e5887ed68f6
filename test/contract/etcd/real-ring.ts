import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RingCertificates } from '../../../playground/certificates.ts';
import { type EtcdMember, type MemberPlace, startMember } from '../../../playground/etcd-member.ts';
import { type EtcdRing, startEtcdRing } from '../../../playground/etcd-ring.ts';
import { freePorts } from '../../../playground/ports.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { createDirectEtcd } from '../../../src/adapters/etcd/direct.ts';
import { createExecEtcd } from '../../../src/adapters/etcd/exec/exec-etcd.ts';
import { flavourOf } from '../../../src/adapters/etcd/exec/flavour.ts';
import { type EtcdTls, readEtcdTls } from '../../../src/adapters/etcd/tls.ts';
import { openTunnelEtcd } from '../../../src/adapters/etcd/tunnel.ts';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { podsOfRing } from './pods-of-ring.ts';
import { activateCorrupt, addLearner } from './raw.ts';
import { CALL, memberOf, type RingKind, type RingSettings, type RingUnderTest } from './ring-under-test.ts';

const MIB = 1024 * 1024;
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/drydock/', import.meta.url));

/** Debian's etcd, as installed on the machine. */
export const BINARY_3_4 = '/usr/bin/etcd';
/** Newer etcd, which `npm test` unpacks into the cache of node_modules. */
export const BINARY_3_5 = join(CACHE, 'etcd-3.5/usr/bin/etcd');

const OLD = {
  name: 'etcd 3.4',
  binary: BINARY_3_4,
  opener: `${BINARY_3_4}ctl`,
  version: /^3\.4\.\d+$/,
  listIsLocal: true,
};
const NEW = {
  name: 'etcd 3.5',
  binary: BINARY_3_5,
  opener: join(CACHE, 'etcd-3.5/usr/bin/etcdutl'),
  version: /^3\.5\.\d+$/,
  listIsLocal: false,
};

/** Rings of Debian's etcd. */
export const ETCD_3_4: RingKind = realRing(OLD, 'direct');
/** The same through etcdctl. */
export const EXEC_3_4: RingKind = realRing(OLD, 'exec');

/** Rings of the newer etcd. */
export const ETCD_3_5: RingKind = realRing(NEW, 'direct');
/** The same through etcdctl. */
export const EXEC_3_5: RingKind = realRing(NEW, 'exec');
/** The same through port-forwards. */
export const TUNNEL_3_5: RingKind = realRing(NEW, 'tunnel');

function realRing({ name, binary, opener, version, listIsLocal }: typeof OLD, way: RingKind['way']): RingKind {
  async function open(settings: RingSettings = {}): Promise<RingUnderTest> {
    return await control(await startRing(binary, settings.quotaMib ?? 512), binary, way);
  }
  return { name: way === 'direct' ? name : `${name} by ${way}`, version, listIsLocal, way, opener, open };
}

/** A port over the ring and what ends it. */
async function openPort(
  ring: EtcdRing,
  binary: string,
  way: RingKind['way'],
  others: readonly EtcdMember[],
): Promise<EtcdPort> {
  const tls = await tlsOf(ring);
  if (way === 'direct') return createDirectEtcd({ endpoints: ring.endpoints, tls });
  const flavour = flavourOf('kubeadm');
  const pods = podsOfRing(ring, `${binary}ctl`, others);
  if (way === 'exec') return createExecEtcd({ kubernetes: pods.kubernetes, flavour });
  const tunnel = openTunnelEtcd({ kubernetes: pods.kubernetes, query: flavour, tls });
  const port = await tunnel.newPort({ timeoutMs: 10_000 });
  if (!port.ok) throw new Error(port.error.message);
  const end = async (): Promise<void> => void (await Promise.all([tunnel.close(), pods.close()]));
  return { ...port.value, close: end };
}

/**
 * Starts a real ring.
 *
 * @throws Error that says how to get the program when it is missing.
 */
export async function startRing(binary: string, quotaMib: number): Promise<EtcdRing> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run "npm test", whose set-up installs it`);
  return await startEtcdRing({ binary, quotaBytes: quotaMib * MIB });
}

/** The ring's client certificate, as the adapter wants it. */
export async function tlsOf(ring: EtcdRing): Promise<EtcdTls> {
  const read = await readEtcdTls(ring.tls);
  if (!read.ok) throw new Error(read.problems.join('; '));
  return read.tls;
}

/** Freezes a member and waits until it has stopped answering, which the signal brings about in its own time. */
export async function freeze(port: EtcdPort, member: EtcdMember): Promise<void> {
  const asked = await memberOf(port, member.name);
  member.pause();
  await waitFor('the member to freeze', async () => !(await port.status(asked, { timeoutMs: 200 })).ok, {
    everyMs: 10,
  });
}

/** Whether each voter lists a member of that name. 3.4 lists what the member that is asked knows, and some know it later. */
async function isNamedByVoters(port: EtcdPort, name: string): Promise<boolean> {
  const all = await port.members(CALL);
  if (!all.ok) return false;
  const voters = all.value.members.filter(({ isLearner }) => !isLearner);
  const lists = await Promise.all(voters.map(async (via) => await port.members({ ...CALL, via })));
  return lists.every((list) => list.ok && list.value.members.some((member) => member.name === name));
}

async function control(ring: EtcdRing, binary: string, way: RingKind['way']): Promise<RingUnderTest> {
  const started: EtcdMember[] = [];
  let port = await openPort(ring, binary, way, started);
  const places = new Map<string, MemberPlace>();
  async function place(name: string): Promise<string> {
    const chosen = await placeOf(name, ring);
    places.set(name, chosen);
    return chosen.peerUrl;
  }
  async function startNew(name: string): Promise<void> {
    const chosen = places.get(name);
    if (chosen === undefined) throw new Error(`no place was chosen for ${name}`);
    started.push(await startLearner(ring, chosen, binary, await peersOf(port)));
    await waitFor(`${name} to be named by every voter`, async () => await isNamedByVoters(port, name));
    // Ways to new members are opened with the next port.
    if (way === 'tunnel') {
      await port.close();
      port = await openPort(ring, binary, way, started);
    }
  }
  async function learn(): Promise<string> {
    const name = 'm-4';
    const peerUrl = await place(name);
    // Until all members have been connected for a while, the ring refuses to grow.
    await waitFor('the ring to accept a learner', async () => {
      return await addLearner(firstOf(ring), ring.tls, peerUrl).then(
        () => true,
        () => false,
      );
    });
    await startNew(name);
    return name;
  }
  return {
    get port() {
      return port;
    },
    freeze: async (name) => await freeze(port, ring.member(name)),
    thaw: async (name) => await Promise.resolve(ring.member(name).resume()),
    kill: async (name) => await ring.member(name).kill(),
    start: async (name) => await ring.member(name).start(),
    corrupt: async (name) => await activateCorrupt(firstOf(ring), ring.tls, (await memberOf(port, name)).id),
    addLearner: learn,
    place,
    startNew,
    async stop() {
      await port.close();
      await Promise.all(started.map((member) => member.kill()));
      await ring.stop();
    },
  };
}

function firstOf(ring: EtcdRing): string {
  const [first] = ring.endpoints;
  if (first === undefined) throw new Error('an empty ring');
  return first;
}

async function placeOf(name: string, ring: EtcdRing): Promise<MemberPlace> {
  const [clientPort, peerPort] = await freePorts(2);
  return {
    name,
    clientUrl: `https://127.0.0.1:${clientPort}`,
    peerUrl: `https://127.0.0.1:${peerPort}`,
    dataDirectory: join(ring.directory, name),
  };
}

async function peersOf(port: EtcdPort): Promise<readonly string[]> {
  const list = await port.members({ timeoutMs: 10_000 });
  if (!list.ok) throw new Error(list.error.message);
  return list.value.members.filter(({ name }) => name !== '').map(({ name, peerUrls }) => `${name}=${peerUrls.join()}`);
}

async function startLearner(
  ring: EtcdRing,
  place: MemberPlace,
  binary: string,
  peers: readonly string[],
): Promise<EtcdMember> {
  return await startMember(place, {
    binary,
    directory: ring.directory,
    certificates: certificatesOf(ring),
    quotaBytes: 512 * MIB,
    token: 'learner',
    initialCluster: [...peers, `${place.name}=${place.peerUrl}`].join(),
    args: ['--initial-cluster-state=existing'],
  });
}

/** Starts a ring of one member with the same certificates as `ring`, and waits until it is healthy. */
export async function startLone(ring: EtcdRing, binary: string): Promise<EtcdMember> {
  const place = await placeOf('lone', ring);
  const lone = await startMember(place, {
    binary,
    directory: ring.directory,
    certificates: certificatesOf(ring),
    quotaBytes: 64 * MIB,
    token: 'lone',
    initialCluster: `${place.name}=${place.peerUrl}`,
    args: [],
  });
  await waitFor('the lone member', async () => await lone.healthy());
  return lone;
}

/** The files that the playground's ring keeps beside its client certificate. */
function certificatesOf(ring: EtcdRing): RingCertificates {
  const server = { ca: ring.tls.ca, cert: join(ring.directory, 'server.crt'), key: join(ring.directory, 'server.key') };
  return { server, client: ring.tls };
}
