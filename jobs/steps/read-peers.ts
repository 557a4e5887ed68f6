import { heardBetween, type PeersOf } from '../../src/core/etcd/diagnosis/observers.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { EtcdPort, MemberId } from '../../src/core/ports/etcd.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';

/** What asking members of each other takes. */
export interface PeersSource {
  readonly ports: { readonly etcd: Pick<EtcdPort, 'peers'> };
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
}

/** Longer than heartbeats and elections of slow rings (500 ms and 2.5 s in OpenShift's slowest profile), ms. */
const HEARD_MS = 6000;

/**
 * To whom members say that they are connected. Where one of them says so of a member that does not answer us, they are asked once more after a
 * while: a connection over which nothing came meanwhile is not told. Who cannot be asked says nothing.
 *
 * @param asked members of the ring that answer
 * @param doubted whom to look twice for
 */
export async function readPeers(
  source: PeersSource,
  ring: Ring,
  { asked, doubted }: { readonly asked: readonly RingMember[]; readonly doubted: readonly MemberId[] },
): Promise<readonly PeersOf[]> {
  const first = await ask(source, asked);
  const isInDoubt = first.some(({ peers }) => peers.some(({ id, active }) => active && doubted.includes(id)));
  if (!isInDoubt) return first;
  await source.pause(HEARD_MS);
  const leader = ring.members.find(({ id }) => id === ring.leaderId)?.label ?? null;
  return heardBetween(first, await ask(source, asked), leader);
}

async function ask({ ports, signal }: PeersSource, asked: readonly RingMember[]): Promise<readonly PeersOf[]> {
  const told = await Promise.all(
    asked.map(async ({ member, label }) => {
      const peers = await ports.etcd.peers(member, { timeoutMs: LOOK_TIMEOUT_MS, signal });
      return peers.ok && peers.value !== null ? [{ by: label, peers: peers.value }] : [];
    }),
  );
  return told.flat();
}
