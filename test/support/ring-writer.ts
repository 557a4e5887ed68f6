import { openEtcdClient } from '../../playground/etcd-client.ts';
import type { EtcdMember } from '../../playground/etcd-member.ts';
import type { EtcdRing } from '../../playground/etcd-ring.ts';

/** Somebody who writes to a ring all the time, through all of its members. */
export interface RingWriter {
  /** Keys whose writing was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Ends it. */
  stop(): Promise<void>;
}

/** Below this prefix are its keys. */
export const WRITER_PREFIX = '/writer/';

/** A write that a sick member leaves without an answer is given up after this, ms. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 20;

/** Starts writing: a key of its own each time, never again one that failed, members in turn as they are then. */
export function startRingWriter(ring: EtcdRing): RingWriter {
  const acknowledged: string[] = [];
  const ending = new AbortController();
  const clients = new Map<string, ReturnType<typeof openEtcdClient>>();
  function clientOf({ clientUrl }: EtcdMember): ReturnType<typeof openEtcdClient> {
    const known = clients.get(clientUrl) ?? openEtcdClient(clientUrl, ring.tls, PATIENCE_MS);
    clients.set(clientUrl, known);
    return known;
  }
  async function write(lane: number): Promise<void> {
    for (let at = 0; !ending.signal.aborted; at += 1) {
      const member = ring.members[(at + lane) % ring.members.length];
      const key = `${WRITER_PREFIX}${lane}-${String(at).padStart(6, '0')}`;
      const done =
        member !== undefined &&
        (await clientOf(member)
          .put(key, Buffer.from(key))
          .then(
            () => true,
            () => false,
          ));
      if (done) acknowledged.push(key);
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
  }
  const lanes = Promise.all([0, 1, 2].map(write));
  return {
    acknowledged,
    async stop() {
      ending.abort();
      await lanes;
      for (const client of clients.values()) client.close();
    },
  };
}
