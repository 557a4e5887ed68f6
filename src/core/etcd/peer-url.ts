/** The host of a peer or client URL, an IPv6 address without brackets; `null`: it is no URL. */
export function hostOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  return hostname === '' ? null : hostname.replace(/^\[(.*)\]$/, '$1');
}
