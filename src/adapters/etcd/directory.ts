import type { EtcdMember, MemberId } from '../../core/ports/etcd.ts';
import { parseEtcdAddress } from './address.ts';
import { type Budget, partOf } from './budget.ts';
import type { EtcdChannel } from './channel.ts';
import { type ChannelPool, type ChannelPoolOptions, createChannelPool } from './channel-pool.ts';

/** Which channel leads to which member. */
export interface Directory {
  /**
   * Channels to one member, best first: configured endpoints that were seen to lead to it, then its own client URLs.
   * Endpoints not seen yet are asked who they are first.
   */
  channelsTo(member: EtcdMember, budget: Budget): Promise<readonly EtcdChannel[]>;
  /** Channels to members of the ring, at most one a member as far as known: configured endpoints, then what was learned. */
  channelsToAny(): readonly EtcdChannel[];
  /** Learns addresses from a member list. */
  learn(members: readonly EtcdMember[]): void;
  close(): void;
}

/** What a directory is made of. */
export interface DirectoryOptions extends ChannelPoolOptions {
  /** Client URLs, http or https. */
  readonly endpoints: readonly string[];
}

/** How long a call waits at most for endpoints to say who they are. */
const PROBE_MS = 2_000;

/**
 * Makes the directory; connects nothing yet.
 *
 * @throws TypeError when an endpoint is not an http or https URL.
 */
export function createDirectory(options: DirectoryOptions): Directory {
  const pool = createChannelPool(options);
  const endpoints = options.endpoints.map((endpoint) => endpointChannel(pool, endpoint, options.tls !== undefined));
  let learned: readonly EtcdMember[] = [];

  async function identify(channel: EtcdChannel, budget: Budget): Promise<void> {
    const what = 'Status';
    const connected = await channel.connect(budget, what);
    if (connected.ok) await channel.send({ method: options.statusMethod, body: {}, what, readOnly: true }, budget);
  }
  function leadingTo(id: MemberId): readonly EtcdChannel[] {
    return endpoints.filter((channel) => pool.memberAt(channel) === id);
  }
  async function channelsTo(member: EtcdMember, budget: Budget): Promise<readonly EtcdChannel[]> {
    const own = urlChannels(pool, member);
    const configured = own.filter((channel) => endpoints.includes(channel));
    if (configured.length === 0 && leadingTo(member.id).length === 0) {
      const unknown = endpoints.filter((channel) => pool.memberAt(channel) === undefined);
      const part = partOf(budget, Math.min(PROBE_MS, budget.remainingMs() / 3));
      await Promise.all(unknown.map((channel) => identify(channel, part)));
    }
    return [...new Set([...leadingTo(member.id), ...configured, ...own])];
  }
  function channelsToAny(): readonly EtcdChannel[] {
    const all = [...new Set([...endpoints, ...learned.flatMap((member) => urlChannels(pool, member))])];
    const ids = all.map((channel) => pool.memberAt(channel) ?? ownerOf(channel, learned));
    return all.filter((_, at) => ids[at] === undefined || ids.indexOf(ids[at]) === at);
  }
  function learn(members: readonly EtcdMember[]): void {
    learned = members;
  }
  return { channelsTo, channelsToAny, learn, close: () => pool.close() };
}

function endpointChannel(pool: ChannelPool, endpoint: string, withTls: boolean): EtcdChannel {
  const channel = pool.at(endpoint);
  if (channel !== null) return channel;
  throw new TypeError(
    withTls && parseEtcdAddress(endpoint) !== null
      ? `with TLS configured, the etcd endpoint must be https: ${endpoint}`
      : `not an http or https URL of an etcd endpoint: ${endpoint}`,
  );
}

function urlChannels(pool: ChannelPool, member: EtcdMember): readonly EtcdChannel[] {
  return member.clientUrls.map((url) => pool.at(url)).filter((channel) => channel !== null);
}

function ownerOf(channel: EtcdChannel, members: readonly EtcdMember[]): MemberId | undefined {
  return members.find(({ clientUrls }) => clientUrls.some((url) => parseEtcdAddress(url)?.url === channel.address.url))
    ?.id;
}
