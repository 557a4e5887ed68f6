import { randomBytes } from 'node:crypto';
import { openEtcdClient, type PlaygroundEtcdClient } from './etcd-client.ts';
import type { EtcdRing } from './etcd-ring.ts';
import { type FreedWanted, hasFreedPages, type MemberSize } from './free-pages.ts';
import { waitFor } from './waiting.ts';

/** All optional. */
export interface FillOptions {
  /** Data to write in total, MiB; default 250. */
  readonly megabytes?: number;
  /** Part of it that stays, 0 … 1; default 0.1. With 1 nothing is deleted and nothing compacted. */
  readonly keep?: number;
  /** Size of one value in bytes; default 200 KiB. */
  readonly valueBytes?: number;
  /** Writes under way at a time; default 16. */
  readonly concurrency?: number;
  /** Ends the filling with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** What filling left, by member name. Bytes. */
export interface Filled {
  readonly members: readonly MemberSize[];
  /** Keys written under `/playground/fill/`. */
  readonly keys: number;
}

const PREFIX = '/playground/fill/';

/**
 * Makes real fragmentation: writes values through the leader, deletes most of them, compacts, and waits until every
 * member has given the pages free (its size stays, its size in use falls).
 *
 * @throws Error of the first write that fails, for example when the quota is reached.
 */
export async function fillRing(ring: EtcdRing, options: FillOptions = {}): Promise<Filled> {
  const valueBytes = options.valueBytes ?? 200 * 1024;
  const keys = Math.ceil(((options.megabytes ?? 250) * 1024 * 1024) / valueBytes);
  const kept = Math.round(keys * (options.keep ?? 0.1));
  const leader = await ring.leader();
  const before = await sizes(ring);
  const client = openEtcdClient(leader.clientUrl, ring.tls, 60_000);
  try {
    await putAll(client, keys, valueBytes, options);
    if (kept < keys) {
      await client.deleteRange(keyOf(kept), keyOf(keys));
      await client.compact((await client.status()).revision);
      await waitForFreePages(ring, client, {
        keptBytes: kept * valueBytes,
        deletedBytes: (keys - kept) * valueBytes,
        usedBefore: new Map(before.map(({ name, dbSizeInUse }) => [name, dbSizeInUse])),
      });
    }
  } finally {
    client.close();
  }
  return { keys, members: await sizes(ring) };
}

async function putAll(
  client: PlaygroundEtcdClient,
  keys: number,
  valueBytes: number,
  { concurrency = 16, signal }: FillOptions,
): Promise<void> {
  // One random value, varied at its start: etcd does not compress, and random bytes for all would cost time.
  const noise = randomBytes(valueBytes);
  let next = 0;
  async function writeOn(): Promise<void> {
    for (let index = next++; index < keys; index = next++) {
      signal?.throwIfAborted();
      const value = Buffer.from(noise);
      value.writeUInt32BE(index, 0);
      await client.put(keyOf(index), value);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, writeOn));
}

function keyOf(index: number): string {
  return `${PREFIX}${String(index).padStart(8, '0')}`;
}

async function waitForFreePages(ring: EtcdRing, client: PlaygroundEtcdClient, wanted: FreedWanted): Promise<void> {
  await waitFor(
    'every member to free its pages after compaction',
    async () => {
      // Pages freed by one commit count as free only after the next: a small write makes it happen.
      await client.put(`${PREFIX}last`, Buffer.from('1'));
      return (await sizes(ring)).every((member) => hasFreedPages(member, wanted));
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

async function sizes(ring: EtcdRing): Promise<Filled['members']> {
  return Promise.all(
    ring.members.map(async ({ name }) => {
      const { dbSize, dbSizeInUse } = await ring.status(name);
      return { name, dbSize, dbSizeInUse };
    }),
  );
}
