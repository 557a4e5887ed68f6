import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

const Bound = z.object({ name: z.string(), uid: z.string() });
const Claims = z.object({
  iss: z.string(),
  aud: z.array(z.string()),
  sub: z.string(),
  jti: z.string(),
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
  'kubernetes.io': z.object({
    namespace: z.string(),
    serviceaccount: Bound,
    pod: Bound.optional(),
    secret: Bound.optional(),
    node: Bound.optional(),
  }),
});
const Header = z.object({ alg: z.string() });

/** What a service-account token says. Times in seconds since 1970. */
export type TokenClaims = z.infer<typeof Claims>;

/** Makes and reads tokens with the cluster's key. */
export interface TokenKey {
  /** A signed JWT. */
  signed(claims: TokenClaims): string;
  /** The claims of a token that this key signed; `null`: it did not, or it is no token. */
  read(token: string): TokenClaims | null;
}

const MOST_SEEN = 500;

/** The key from its PEM: RSA signs RS256, an EC key of P-256 ES256. @throws Error for any other. */
export function tokenKey(pem: string): TokenKey {
  const key = createPrivateKey(pem);
  const own = createPublicKey(key);
  const alg = algorithmOf(key);
  function checked(token: string): TokenClaims | null {
    const [head = '', body = '', signature = '', ...more] = token.split('.');
    if (more.length > 0 || signature === '') return null;
    // Only our own algorithm: never one that the token chooses.
    if (Header.safeParse(decoded(head)).data?.alg !== alg) return null;
    const text = Buffer.from(`${head}.${body}`);
    if (!verify('sha256', text, signingKey(own), Buffer.from(signature, 'base64url'))) return null;
    return Claims.safeParse(decoded(body)).data ?? null;
  }
  // Whoever has a token sends it with each request. What it says does not change; whether it still holds is for others to decide.
  const seen = new Map<string, TokenClaims | null>();
  return {
    signed(claims) {
      const text = `${encoded({ alg, typ: 'JWT' })}.${encoded(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), signingKey(key)).toString('base64url')}`;
    },
    read(token) {
      const known = seen.get(token);
      if (known !== undefined) return known;
      const claims = checked(token);
      if (seen.size >= MOST_SEEN) seen.clear();
      seen.set(token, claims);
      return claims;
    },
  };
}

function algorithmOf(key: KeyObject): 'RS256' | 'ES256' {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new Error('service-account tokens are signed with RSA or P-256');
}

/** JWS wants both numbers of an EC signature bare, not in DER. */
function signingKey(key: KeyObject): { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' } {
  return { key, dsaEncoding: 'ieee-p1363' };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}
