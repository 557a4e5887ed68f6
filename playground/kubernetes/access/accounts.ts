import { textAt } from '../api/reading.ts';
import type { LocalApi, User } from '../contracts.ts';
import type { TokenClaims, TokenKey } from './tokens.ts';

/** How the cluster makes and checks tokens. */
export interface TokenFacts {
  readonly api: LocalApi;
  readonly key: TokenKey;
  /** Who issues tokens, and for whom they are when nobody says. */
  readonly issuer: string;
}

/** Whom a token names and for whom it is, or what is wrong with it in the words of a token review. */
export type Recognised =
  | { readonly ok: true; readonly user: User; readonly audiences: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** Checks a token: its signature, its time, its audience, and that the account and what it is bound to still are there. */
export async function recognised(
  facts: TokenFacts,
  token: string,
  wanted: readonly string[] = [facts.issuer],
): Promise<Recognised> {
  const claims = facts.key.read(token);
  if (claims === null || claims.iss !== facts.issuer) return { ok: false, problem: 'invalid bearer token' };
  const now = Date.now() / 1000;
  if (now >= claims.exp) return wrong('service account token has expired');
  if (now < claims.nbf - LEEWAY_S) return wrong('service account token is not valid yet');
  const audiences = claims.aud.filter((each) => wanted.includes(each));
  if (audiences.length === 0) {
    const lists = [claims.aud, wanted].map((list) => `[${list.map((each) => JSON.stringify(each)).join(' ')}]`);
    return wrong(`token audiences ${lists[0]} is invalid for the target audiences ${lists[1]}`);
  }
  const missing = await missingObject(facts.api, claims);
  return missing === null ? { ok: true, user: userOf(claims), audiences } : wrong(missing);
}

const LEEWAY_S = 60;

function wrong(problem: string): Recognised {
  return { ok: false, problem: `[invalid bearer token, ${problem}]` };
}

async function missingObject(api: LocalApi, claims: TokenClaims): Promise<string | null> {
  const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io'];
  const base = `/api/v1/namespaces/${namespace}`;
  const path = `${base}/serviceaccounts/${serviceaccount.name}`;
  const account = await uidAt(api, path, serviceaccount.uid);
  if (account === null) return `serviceaccounts "${serviceaccount.name}" not found`;
  if (account !== serviceaccount.uid)
    return `service account UID (${account}) does not match claim (${serviceaccount.uid})`;
  if (secret !== undefined && (await uidAt(api, `${base}/secrets/${secret.name}`, secret.uid)) !== secret.uid)
    return 'service account token has been invalidated';
  if (pod !== undefined && (await uidAt(api, `${base}/pods/${pod.name}`, pod.uid)) !== pod.uid)
    return 'service account token has been invalidated';
  return null;
}

/** The uid of an object, `null` when there is none: from the cache, and from etcd when the cache does not know it. */
async function uidAt(api: LocalApi, path: string, wanted: string): Promise<string | null> {
  const cached = await api.request({ method: 'GET', path: `${path}?resourceVersion=0` });
  const uid = textAt(cached.body, 'metadata', 'uid');
  if (cached.status === 200 && uid === wanted) return isOver(cached.body) ? null : uid;
  const { status, body } = await api.request({ method: 'GET', path });
  return status !== 200 || isOver(body) ? null : textAt(body, 'metadata', 'uid');
}

/** An object that should have gone a minute ago binds no token any more. */
function isOver(object: unknown): boolean {
  const end = textAt(object, 'metadata', 'deletionTimestamp');
  return end !== '' && Date.now() > Date.parse(end) + LEEWAY_S * 1000;
}

function userOf(claims: TokenClaims): User {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: [...accountGroups(namespace), 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...(pod === undefined
        ? {}
        : { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }),
      ...(node === undefined
        ? {}
        : {
            'authentication.kubernetes.io/node-name': [node.name],
            'authentication.kubernetes.io/node-uid': [node.uid],
          }),
    },
  };
}

/** The groups of the service accounts of a namespace. */
export function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
