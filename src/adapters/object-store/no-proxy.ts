import { isIP, isIPv4 } from 'node:net';

/**
 * `NO_PROXY` as it stands in the environment, in words that Node's agents know. Node reads a name as that host alone and knows no ranges in CIDR form;
 * kubectl, curl and OpenShift, whose cluster-wide proxy is written so, mean its subdomains too, and write ranges like that.
 */
export function noProxyForNode(list: string): string {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry) => (isName(entry) ? [entry, `.${entry}`] : [rangeOf(entry) ?? entry]))
    .join(',');
}

function isName(entry: string): boolean {
  return isIP(entry) === 0 && /[a-z]/i.test(entry) && /^[a-z0-9](?:[\w.-]*[a-z0-9])?$/i.test(entry);
}

/** `10.0.0.0-10.255.255.255` for `10.0.0.0/8`; `null`: it is no range of IPv4. */
function rangeOf(entry: string): string | null {
  const [, network = '', digits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(entry) ?? [];
  const bits = Number(digits);
  if (!isIPv4(network) || digits === '' || bits > 32) return null;
  const size = 2 ** (32 - bits);
  const address = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(address / size) * size;
  return `${dotted(first)}-${dotted(first + size - 1)}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
