import type { MemberId } from '../../core/ports/etcd.ts';
import type { KubernetesError } from '../../core/ports/kubernetes.ts';
import { parseEtcdAddress } from './address.ts';
import { type EtcdChannel, openChannel } from './channel.ts';
import type { RpcMethod } from './rpc.ts';
import type { EtcdTls } from './tls.ts';

/** The channels of one ring, one an address, kept until the pool is closed. */
export interface ChannelPool {
  /** The channel to a client URL; `null` when the URL cannot be used. */
  at(url: string): EtcdChannel | null;
  /** The member last seen at that address: a hint where to go, never a proof of who is there. */
  memberAt(channel: EtcdChannel): MemberId | undefined;
  close(): void;
}

/** What a pool is made of. */
export interface ChannelPoolOptions {
  readonly tls: EtcdTls | undefined;
  /** Method to ask an address who it is. */
  readonly statusMethod: RpcMethod;
  /** Port on 127.0.0.1 where the way to this address begins; `null`: there is none. Default: addresses are dialled themselves. */
  readonly localPortOf?: (url: string) => number | null;
  /** Why the way that begins at that port last failed; see `ChannelOptions`. */
  readonly localProblemOf?: (url: string) => KubernetesError | null;
  /** Path of a unix socket that leads to every address. */
  readonly socket?: string;
}

/** Makes an empty pool. With certificates configured it leads to https addresses only. */
export function createChannelPool(options: ChannelPoolOptions): ChannelPool {
  const channels = new Map<string, EtcdChannel>();
  const seen = new Map<string, MemberId>();
  function at(url: string): EtcdChannel | null {
    const address = parseEtcdAddress(url);
    // A member that advertises http must not lead a client with certificates to speak in the clear.
    if (address === null || (options.tls !== undefined && !address.secure)) return null;
    const known = channels.get(address.url);
    if (known !== undefined) return known;
    const localPort = options.localPortOf?.(address.url);
    if (localPort === null) return null;
    const { tls, statusMethod, localProblemOf } = options;
    const opened = openChannel({
      tls,
      statusMethod,
      ...(localProblemOf === undefined ? {} : { localProblem: () => localProblemOf(address.url) }),
      address: { ...address, target: targetOf(options.socket, localPort) ?? address.target },
      onIdentity: (header) => seen.set(address.url, header.memberId),
    });
    channels.set(address.url, opened);
    return opened;
  }
  return {
    at,
    memberAt: (channel) => seen.get(channel.address.url),
    close: () => {
      for (const channel of channels.values()) channel.close();
    },
  };
}

function targetOf(socket: string | undefined, localPort: number | undefined): string | undefined {
  if (socket !== undefined) return `unix:${socket}`;
  return localPort === undefined ? undefined : `127.0.0.1:${localPort}`;
}
