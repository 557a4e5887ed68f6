import { join } from 'node:path';
import { makeRingCertificates, type RingCertificates, type TlsFiles } from './certificates.ts';
import { makeTemporaryDirectory, removeDirectory } from './directories.ts';
import { type MemberStatus, openEtcdClient } from './etcd-client.ts';
import { type EtcdMember, type MemberPlace, startMember } from './etcd-member.ts';
import { freePorts } from './ports.ts';
import { waitFor } from './waiting.ts';

export type { EtcdMember } from './etcd-member.ts';

/** All optional. */
export interface EtcdRingOptions {
  /** Path or name of the etcd program; default `etcd`, found in PATH. Works with 3.4 and 3.5. */
  readonly binary?: string;
  /** Number of members; default 3. */
  readonly size?: number;
  /** Backend quota in bytes; default 512 MiB. */
  readonly quotaBytes?: number;
  /** Further arguments for every member; a later one wins. */
  readonly args?: readonly string[];
  /** Default: a new temporary directory, deleted by {@link EtcdRing.stop}. A given one is kept. */
  readonly directory?: string;
}

/** A real etcd ring with TLS on 127.0.0.1; members `m-1` … `m-n`. */
export interface EtcdRing {
  readonly members: readonly EtcdMember[];
  /** Client URLs of all members. */
  readonly endpoints: readonly string[];
  /** Client certificate files. */
  readonly tls: TlsFiles;
  readonly directory: string;
  /** @throws Error for an unknown name. */
  member(name: string): EtcdMember;
  /** Asks one member. @throws what gRPC says when it does not answer within 5 s. */
  status(name: string): Promise<MemberStatus>;
  /** The current leader, as any answering member sees it; waits for one (30 s). */
  leader(): Promise<EtcdMember>;
  /** Waits until every running member is healthy (default 30 s). */
  waitHealthy(timeoutMs?: number): Promise<void>;
  /** Stops every member and deletes the data. */
  stop(): Promise<void>;
}

/**
 * Starts a ring and waits until every member is healthy.
 *
 * @throws Error with the output of a member that does not start. A port taken in between leads to new ports, five times.
 */
export async function startEtcdRing(options: EtcdRingOptions = {}): Promise<EtcdRing> {
  const directory = options.directory ?? (await makeTemporaryDirectory('etcd'));
  async function remove(): Promise<void> {
    if (options.directory === undefined) await removeDirectory(directory);
  }
  try {
    const certificates = await makeRingCertificates(directory);
    const members = await launchOnFreePorts(directory, certificates, options);
    return ringOf({ directory, members: () => members, tls: certificates.client, remove });
  } catch (error) {
    await remove();
    throw error;
  }
}

async function launchOnFreePorts(
  directory: string,
  certificates: RingCertificates,
  options: EtcdRingOptions,
  tries = 5,
): Promise<readonly EtcdMember[]> {
  const places = await choosePlaces(directory, options.size ?? 3, tries);
  const settings = {
    binary: options.binary ?? 'etcd',
    directory,
    certificates,
    quotaBytes: options.quotaBytes ?? 512 * 1024 * 1024,
    token: `playground-${places[0]?.clientUrl ?? ''}`,
    initialCluster: places.map((place) => `${place.name}=${place.peerUrl}`).join(','),
    args: options.args ?? [],
  };
  const results = await Promise.allSettled(places.map((place) => startMember(place, settings)));
  const members = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await waitAllHealthy(members, 60_000);
    return members;
  } catch (error) {
    await Promise.all(members.map((member) => member.kill()));
    const clash = members.some((member) => member.output().includes('address already in use'));
    if (!clash || tries <= 1) throw error;
  }
  return launchOnFreePorts(directory, certificates, options, tries - 1);
}

async function choosePlaces(directory: string, size: number, attempt: number): Promise<readonly MemberPlace[]> {
  const ports = await freePorts(size * 2);
  return Array.from({ length: size }, (_, index) => ({
    name: `m-${index + 1}`,
    clientUrl: `https://127.0.0.1:${ports[index * 2]}`,
    peerUrl: `https://127.0.0.1:${ports[index * 2 + 1]}`,
    dataDirectory: join(directory, `try-${attempt}`, `m-${index + 1}`),
  }));
}

async function waitAllHealthy(members: readonly EtcdMember[], timeoutMs: number): Promise<void> {
  await waitFor('a healthy etcd ring', async () => (await Promise.all(members.map(isHealthy))).every(Boolean), {
    timeoutMs,
    everyMs: 100,
  });
}

async function isHealthy(member: EtcdMember): Promise<boolean> {
  if (member.pid() === undefined) throw new Error(`${member.name} ended:\n${member.output()}`);
  return member.healthy();
}

/** What a ring is made of. */
export interface RingParts {
  readonly directory: string;
  /** Those of the moment: members may come and go. */
  readonly members: () => readonly EtcdMember[];
  readonly tls: TlsFiles;
  /** Called after the members were killed. */
  readonly remove: () => Promise<void>;
}

/** The controls of a ring whose members run already. */
export function ringOf({ directory, members, tls, remove }: RingParts): EtcdRing {
  function member(name: string): EtcdMember {
    const found = members().find((each) => each.name === name);
    if (found === undefined) throw new Error(`the ring has no member ${name}`);
    return found;
  }
  async function status(name: string, timeoutMs = 5_000): Promise<MemberStatus> {
    const client = openEtcdClient(member(name).clientUrl, tls, timeoutMs);
    try {
      return await client.status();
    } finally {
      client.close();
    }
  }
  async function findLeader(): Promise<EtcdMember | undefined> {
    const answers = await Promise.allSettled(
      members()
        .filter((each) => each.pid() !== undefined)
        .map(async (each) => ({ each, said: await status(each.name, 1_000) })),
    );
    const said = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    return said.find((one) => one.said.memberId === one.said.leaderId)?.each;
  }
  return {
    get members() {
      return members();
    },
    get endpoints() {
      return members().map((each) => each.clientUrl);
    },
    tls,
    directory,
    member,
    status: (name) => status(name),
    leader: () => waitFor('a leader of the ring', findLeader, { timeoutMs: 30_000, everyMs: 200 }),
    waitHealthy: (timeoutMs = 30_000) =>
      waitAllHealthy(
        members().filter((each) => each.pid() !== undefined),
        timeoutMs,
      ),
    async stop() {
      // Nothing is kept, so nobody waits for an orderly hand-over.
      await Promise.all(members().map((each) => each.kill()));
      await remove();
    },
  };
}
