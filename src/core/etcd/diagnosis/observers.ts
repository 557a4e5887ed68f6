import { z } from 'zod';
import type { EtcdPeer, MemberId } from '../../ports/etcd.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { formatSpan, parseTime } from '../../time.ts';
import type { ObserverSign } from './signs.ts';

/** To whom one member says that it is connected. */
export interface PeersOf {
  /** Label of the member that says so. */
  readonly by: string;
  readonly peers: readonly EtcdPeer[];
}

/**
 * What members say in a second look, without connections of which nothing came in between: the figure may be an old word. A voter answers the
 * heartbeats of its leader all the time, or asks for votes, so that is told only where the leader is among those that were asked. Pure.
 *
 * @param leader label of the member that leads; `null`: nobody is seen to
 */
export function heardBetween(
  first: readonly PeersOf[],
  second: readonly PeersOf[],
  leader: string | null,
): readonly PeersOf[] {
  if (!second.some(({ by }) => by === leader)) return second;
  return second.map(({ by, peers }) => {
    const before = first.find((each) => each.by === by)?.peers ?? [];
    return { by, peers: peers.filter((peer) => !peer.active || mayBeHeard(before, peer)) };
  });
}

function mayBeHeard(before: readonly EtcdPeer[], { id, received }: EtcdPeer): boolean {
  const earlier = before.find((each) => each.id === id)?.received;
  return earlier === undefined || received === undefined || received > earlier;
}

/** What the other members say of one. Who does not know it says nothing. */
export function peerSigns(id: MemberId, told: readonly PeersOf[]): readonly ObserverSign[] {
  const says = (active: boolean): readonly string[] =>
    told.flatMap(({ by, peers }) => (peers.some((each) => each.id === id && each.active === active) ? [by] : []));
  const [connected, lost] = [says(true), says(false)];
  return [
    ...(connected.length === 0
      ? []
      : [{ source: 'peers', alive: true, words: `${listed(connected)} connected to it`, since: null } as const]),
    ...(lost.length === 0
      ? []
      : [{ source: 'peers', alive: false, words: `${listed(lost)} not connected to it`, since: null } as const]),
  ];
}

function listed(names: readonly string[]): string {
  return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'}`;
}

/**
 * What the etcd operator of OpenShift says of a member; `null`: nothing, or nothing against it. That it calls a member well is not
 * believed: it may be an old word of an operator whose own node died.
 *
 * @param words of its condition EtcdMembersAvailable: `2 of 3 members are available, cp-2 is unhealthy`
 */
export function operatorSign(words: string, name: string): ObserverSign | null {
  const lost = words
    .split(/[,;]\s*/)
    .map((part) => part.trim())
    .find((part) => name !== '' && LOST.some((how) => part === `${name} ${how}`));
  return lost === undefined
    ? null
    : { source: 'controller', alive: false, words: `the etcd operator says: ${lost}`, since: null };
}

const LOST = ['is unhealthy', 'is not available', 'has not started', 'is not running'] as const;

/** Label of the Lease by which each API server shows that it works. Source: Kubernetes' APIServerIdentity, on by default since 1.26. */
export const API_SERVER_LEASES = 'apiserver.kubernetes.io/identity=kube-apiserver';

const HOSTNAME = 'kubernetes.io/hostname';
/** An API server renews its Lease every 10 s; after three misses it is taken for gone, ms. */
const RENEWED_MS = 35_000;
const Lease = z.object({ spec: z.object({ renewTime: z.string() }) });

/**
 * What the API server beside a member says of it by renewing its Lease: on kubeadm each API server uses only the member of its own node. Of
 * several (one for each start) the newest counts; `null`: there is none.
 */
export function leaseSign(leases: readonly KubernetesObject[], node: string, nowMs: number): ObserverSign | null {
  const renewed = leases
    .filter(({ metadata }) => metadata.labels?.[HOSTNAME] === node)
    .flatMap((lease) => {
      const read = Lease.safeParse(lease);
      return read.success ? [read.data.spec.renewTime] : [];
    })
    .map((time) => toMillis(time))
    .toSorted((a, b) => parseTime(a) - parseTime(b))
    .at(-1);
  if (renewed === undefined || parseTime(renewed) === 0) return null;
  const ageMs = nowMs - parseTime(renewed);
  const alive = ageMs < RENEWED_MS;
  const words = alive
    ? `the API server on ${node}, which uses this member alone, works`
    : `the API server on ${node}, which uses this member alone, has not shown itself for ${formatSpan(ageMs)}`;
  return { source: 'controller', alive, words, since: alive ? null : renewed };
}

/** Leases have microseconds. */
function toMillis(time: string): string {
  return time.replace(/(\.\d{3})\d*Z$/, '$1Z');
}
