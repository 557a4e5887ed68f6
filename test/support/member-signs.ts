import type { MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { judgeMember } from '../../src/core/etcd/diagnosis/judge.ts';
import type { MemberSigns, NodeSign, PodSign, RingSigns } from '../../src/core/etcd/diagnosis/signs.ts';
import type { ServiceState } from '../../src/core/etcd/host-service.ts';
import type { RingMember } from '../../src/core/etcd/ring.ts';
import { type MemberSketch, ringOf } from './etcd-reading.ts';

/** Now, in tests of diagnosis: 2026-11-22T03:00:00Z. */
export const NOW_MS = 1_795_316_400_000;

/** The second of three members, as it is in one look. */
export function lookAt(sketch: MemberSketch = {}): RingMember {
  const ring = ringOf({ members: [{}, sketch, {}] });
  const found = ring.members.find(({ member }) => member.peerUrls[0] === 'https://10.0.0.2:2380');
  if (found === undefined) throw new Error('the sketch has no second member');
  return found;
}

export const SILENT: MemberSketch = { silent: 'unreachable' };

export const PLACE: MemberPlace = {
  node: 'cp-2',
  nodeUid: 'node-uid-2',
  nodeState: 'ready',
  machine: null,
  host: null,
  hostState: 'not-asked',
  peerUrl: 'https://10.0.0.2:2380',
  matchedBy: 'name-and-address',
};

/** A node that is ready, or with these differences. */
export function nodeSign(changes: Partial<NodeSign> = {}): NodeSign {
  return {
    name: 'cp-2',
    uid: 'node-uid-2',
    roles: ['control-plane'],
    kubeletVersion: 'v1.36.2',
    ready: 'yes',
    readySince: '2026-11-21T03:00:00.000Z',
    why: '',
    cordoned: false,
    pressures: [],
    providerId: '',
    labels: {},
    annotations: {},
    addresses: ['10.0.0.2'],
    ...changes,
  };
}

/** A pod whose etcd runs, or with these differences. */
export function podSign(changes: Partial<PodSign> = {}): PodSign {
  return {
    namespace: 'kube-system',
    name: 'etcd-cp-2',
    uid: 'pod-uid-2',
    node: 'cp-2',
    running: true,
    ready: true,
    restarts: 0,
    waiting: '',
    ended: null,
    deletedAt: null,
    ...changes,
  };
}

/** A service that runs, or with these differences. */
export function serviceState(changes: Partial<ServiceState> = {}): ServiceState {
  return {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    mainPid: 4711,
    restarts: 0,
    result: 'success',
    exitStatus: 0,
    unitFile: 'enabled',
    environmentFiles: ['/etc/default/etcd'],
    command: '/usr/bin/etcd',
    ...changes,
  };
}

/** That others have lost the member, and that they are connected to it. */
export const LOST = {
  source: 'peers',
  alive: false,
  words: 'm-1 and m-3 are not connected to it',
  since: null,
} as const;
export const CONNECTED = { source: 'peers', alive: true, words: 'm-1 is connected to it', since: null } as const;

/** Signs of a member that is well, on a node that is, or with these differences. */
export function signsOf(changes: Partial<MemberSigns> = {}): MemberSigns {
  return {
    looks: [lookAt()],
    place: PLACE,
    observers: [],
    pod: { first: null, last: podSign() },
    node: nodeSign(),
    machine: null,
    machinesSeen: false,
    host: null,
    log: [],
    hash: { kind: 'same' },
    fsyncP99Ms: 4,
    ...changes,
  };
}

/** What is concluded from signs. */
export function judged(changes: Partial<MemberSigns> = {}, ring: Partial<RingSigns> = {}) {
  return judgeMember(signsOf(changes), { nowMs: NOW_MS, unseenVotes: false, nodeNotReadyMs: 60_000, ...ring });
}
