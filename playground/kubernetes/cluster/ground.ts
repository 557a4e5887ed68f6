import type { TlsFiles } from '../../certificates.ts';
import type { LocalApi } from '../contracts.ts';
import { type ControlPlaneFacts, clientUrl, type Flavour, peerUrl } from '../flavour.ts';
import { choosePlaces, type NodePlace, type Places } from '../node/place.ts';
import { KUBEADM } from './kubeadm.ts';
import type { FirstNode, NodeList } from './node-list.ts';
import type { NodeSettings } from './nodes.ts';
import type { ClusterOptions } from './options.ts';
import { type ClusterPki, makeClusterPki } from './pki.ts';
import { type EtcdPrograms, findEtcd } from './programs.ts';

/** What is there before anything of a cluster runs. */
export interface Ground {
  readonly name: string;
  readonly flavour: Flavour;
  readonly directory: string;
  /** Where the API server listens. */
  readonly front: NodePlace;
  readonly places: Places;
  /** Control-plane nodes, then workers. */
  readonly first: readonly FirstNode[];
  readonly pki: ClusterPki;
  readonly etcd: EtcdPrograms;
  readonly etcdTls: TlsFiles;
  /** Of every control-plane node. */
  readonly facts: Omit<ControlPlaneFacts, 'members' | 'state'>;
}

const VERSION = 'v1.36.2';

/** Chooses addresses, makes the keys, and installs the first control-plane nodes. */
export async function prepare(options: ClusterOptions, directory: string): Promise<Ground> {
  const flavour = options.flavour ?? KUBEADM;
  const memberNames = Array.from({ length: options.controlPlanes ?? 3 }, (_, index) => `cp-${index + 1}`);
  const workerNames = Array.from({ length: options.workers ?? 0 }, (_, index) => `worker-${index + 1}`);
  const names = ['control-plane-endpoint', ...memberNames, ...workerNames];
  const places = await choosePlaces(names, directory, options.addresses, options.spareNodes);
  const [front, ...chosen] = places.first;
  if (front === undefined) throw new Error('no address for the API server');
  const members = chosen.slice(0, memberNames.length);
  const addresses = [front, ...members].map((each) => each.address);
  const [etcd, pki] = await Promise.all([
    findEtcd(options.etcd ?? 'etcd'),
    makeClusterPki(directory, memberNames, addresses),
  ]);
  const facts = {
    pki,
    etcdVersion: etcd.version,
    kubernetesVersion: options.kubernetesVersion ?? VERSION,
    quotaBytes: options.quotaBytes ?? 512 * 1024 * 1024,
    etcdArgs: options.etcdArgs ?? [],
  };
  const ring = members.map((place) => ({ name: place.name, peerUrl: peerUrl(place), clientUrl: clientUrl(place) }));
  await Promise.all(members.map((place) => flavour.install(place, { ...facts, members: ring, state: 'new' })));
  return {
    name: options.name ?? 'prod',
    flavour,
    directory,
    front,
    places,
    first: chosen.map((place) => ({ place, role: members.includes(place) ? 'control-plane' : 'worker' })),
    pki,
    etcd,
    etcdTls: { ca: pki.etcdCa.cert, ...pki.apiServerEtcdClient },
    facts,
  };
}

/** What all nodes share. */
export function nodeSettings(options: ClusterOptions, ground: Ground, api: LocalApi): NodeSettings {
  return {
    api,
    flavour: ground.flavour,
    images: ground.flavour.images(ground.etcd),
    kubeletVersion: ground.facts.kubernetesVersion,
    removeWhenOrphaned: options.directory === undefined ? [ground.directory] : [],
    ...(options.pace === undefined ? {} : { pace: options.pace }),
    ...(options.backOff === undefined ? {} : { backOff: options.backOff }),
  };
}

/** The members that the API server uses; the first are those of the first control-plane nodes. */
export function followMembers(ground: Ground, nodes: NodeList) {
  let followed: readonly NodePlace[] = nodes
    .all()
    .filter(({ role }) => role === 'control-plane')
    .map(({ place }) => place);
  return {
    /** As they are now. */
    get endpoints(): readonly string[] {
      const present = followed.filter((place) => nodes.find(place.name)?.place === place);
      // With none left the former ones stay: calls wait for them, as those of a real API server.
      return (present.length === 0 ? followed : present).map(clientUrl);
    },
    tls: ground.etcdTls,
    programs: ground.etcd,
    follow(names: readonly string[]) {
      followed = names.flatMap((name) => nodes.find(name)?.place ?? []);
    },
  };
}
