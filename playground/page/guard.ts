/** What of a request decides whether the page's server listens to it. */
export interface RequestFacts {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined;
  readonly contentType: string | undefined;
}

/**
 * Why a request to the page's API is refused; undefined: it is not. The server listens on this machine only, but any
 * website open in the same browser can send requests there, also under a name of its own that leads here (DNS rebinding).
 */
export function refuseRequest(facts: RequestFacts, port: number): string | undefined {
  if (!isOwnHost(facts.host, port)) return 'this host name is not the workspace';
  if (facts.origin !== undefined && !isOwnOrigin(facts.origin, port)) return 'this origin is not the workspace page';
  if (facts.site !== undefined && facts.site !== 'same-origin' && facts.site !== 'none') return 'not from another site';
  if (facts.method === 'GET') return undefined;
  if (facts.method !== 'POST') return 'GET and POST only';
  if (facts.origin === undefined) return 'an origin is needed';
  return /^application\/json\b/.test(facts.contentType ?? '') ? undefined : 'JSON only';
}

/** Whether a `Host` header names this server by its address or as localhost. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

function isOwnOrigin(origin: string, port: number): boolean {
  return origin.startsWith('http://') && isOwnHost(origin.slice('http://'.length), port);
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of everything the page's server answers: nothing from elsewhere, nothing inline, nothing guessed. */
export const SECURITY_HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;
