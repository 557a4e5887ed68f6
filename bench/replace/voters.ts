import { setTimeout as sleep } from 'node:timers/promises';
import { throughAny } from '../../playground/etcd-membership.ts';
import type { EtcdRing } from '../../playground/etcd-ring.ts';

/** Somebody who looks at a ring all the time, from outside. */
export interface VoterWatch {
  /** Since when the ring has had this many healthy voters without a break, ms since the epoch; `null`: it has not. */
  since(): number | null;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 100;

/** Looks whether `count` members vote and every one of them answers a read with quorum. */
export function watchVoters(ring: EtcdRing, count: number): VoterWatch {
  const ending = new AbortController();
  let since: number | null = null;
  async function look(): Promise<void> {
    while (!ending.signal.aborted) {
      const whole = await isWhole(ring, count);
      since = whole ? (since ?? Date.now()) : null;
      await sleep(LOOK_EVERY_MS);
    }
  }
  const looking = look();
  return {
    since: () => since,
    async stop() {
      ending.abort();
      await looking;
    },
  };
}

async function isWhole(ring: EtcdRing, count: number): Promise<boolean> {
  const running = ring.members.filter((each) => each.pid() !== undefined);
  if (running.length < count) return false;
  try {
    const endpoints = running.map((each) => each.clientUrl);
    const listed = await throughAny(endpoints, ring.tls, (membership) => membership.list());
    if (listed.length !== count || listed.some((each) => each.isLearner || each.name === '')) return false;
    const ofTheRing = running.filter((each) => listed.some(({ peerUrls }) => peerUrls.includes(each.peerUrl)));
    const well = await Promise.all(ofTheRing.map(async (each) => await each.healthy()));
    return well.filter(Boolean).length === count;
  } catch {
    return false;
  }
}
