import { isIP } from 'node:net';

/** One client URL of a member, taken apart. */
export interface EtcdAddress {
  /** Normalised URL without path, for instance `https://10.0.0.11:2379`; equal addresses have equal URLs. */
  readonly url: string;
  readonly secure: boolean;
  /** Host without brackets. */
  readonly host: string;
  readonly port: number;
  /** What is dialled, `host:port`: the address itself, or where a tunnel to it begins; `unix:path` of a socket. */
  readonly target: string;
}

/** Parses a client URL of etcd; `null` when it is not an http or https URL with a host. */
export function parseEtcdAddress(text: string): EtcdAddress | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') return null;
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  const host = isIP(bare) === 6 ? `[${bare}]` : bare;
  return { url: `${url.protocol}//${host}:${port}`, secure, host: bare, port, target: `${host}:${port}` };
}
