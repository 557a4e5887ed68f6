import { BlockList, isIP } from 'node:net';

/** Environment variables. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/**
 * The proxy for a server: the kubeconfig's own, else that of the environment (`HTTPS_PROXY` or `HTTP_PROXY` by scheme, unless
 * `NO_PROXY` names the server). `null`: none. Rules as Go's HTTP clients have them, because `kubectl` on the same machine must
 * behave alike: `NO_PROXY` takes names with their subdomains, `.domains`, addresses, ranges in CIDR form, ports, and `*`;
 * this machine itself is never asked through a proxy.
 */
export function proxyFor(server: URL, ofKubeconfig: string | null, environment: Environment): string | null {
  if (ofKubeconfig !== null) return ofKubeconfig;
  const names = server.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'];
  const proxy = names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  if (proxy === undefined) return null;
  if (isExempt(server, environment['NO_PROXY'] ?? environment['no_proxy'] ?? '')) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server);
  if (host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))) return true;
  const port = portOf(server);
  return list.split(',').some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

/** Host name of an address, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** Port of an address, also where it is the usual one of its scheme. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  if (url.protocol.startsWith('socks')) return 1080;
  return url.protocol === 'https:' || url.protocol === 'wss:' ? 443 : 80;
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const [, name = entry, ofPort] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (ofPort !== undefined && Number(ofPort) !== port) return false;
  const bare = name.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return bare === host;
  const domain = bare.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (host === domain && !bare.startsWith('.') && !bare.startsWith('*'));
}

function inRange(range: string, host: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  const most = family === 4 ? 32 : 128;
  if (Number(bits) > most) return false;
  const list = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, Number(bits), kind);
  return list.check(host, kind);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
