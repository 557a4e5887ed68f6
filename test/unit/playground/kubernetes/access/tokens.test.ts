import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { type TokenClaims, tokenKey } from '../../../../../playground/kubernetes/access/tokens.ts';

const CLAIMS: TokenClaims = {
  iss: 'https://kubernetes.default.svc.cluster.local',
  aud: ['https://kubernetes.default.svc.cluster.local'],
  sub: 'system:serviceaccount:app:runner',
  jti: 'one',
  iat: 1,
  nbf: 1,
  exp: 3_601,
  'kubernetes.io': { namespace: 'app', serviceaccount: { name: 'runner', uid: 'u' } },
};

const RSA = { modulusLength: 2048, privateKeyEncoding: PEM(), publicKeyEncoding: PUBLIC() };
const rsa = generateKeyPairSync('rsa', RSA).privateKey;
const ec = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: PEM(),
  publicKeyEncoding: PUBLIC(),
}).privateKey;

function PEM() {
  return { type: 'pkcs8', format: 'pem' } as const;
}
function PUBLIC() {
  return { type: 'spki', format: 'pem' } as const;
}

function headOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}

test.each([
  ['RS256', rsa],
  ['ES256', ec],
])('%s: what was signed is read again, and nothing that was changed', (alg, pem) => {
  const key = tokenKey(pem);
  const token = key.signed(CLAIMS);
  const [head = '', , signature = ''] = token.split('.');
  const other = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'system:serviceaccount:app:admin' })).toString(
    'base64url',
  );

  expect(headOf(token)).toEqual({ alg, typ: 'JWT' });
  expect(key.read(token)).toEqual(CLAIMS);
  expect(key.read(`${head}.${other}.${signature}`)).toBeNull();
  expect(key.read(`${token}.more`)).toBeNull();
  expect(key.read('nonsense')).toBeNull();
});

test('the token does not choose its algorithm', () => {
  const key = tokenKey(rsa);
  const [, body = ''] = key.signed(CLAIMS).split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');

  expect(key.read(`${none}.${body}.`)).toBeNull();
  expect(key.read(`${none}.${body}.AA`)).toBeNull();
});

test("another cluster's token is none", () => {
  expect(tokenKey(rsa).read(tokenKey(ec).signed(CLAIMS))).toBeNull();
});

test('a key that the API server would not take is refused', () => {
  const { privateKey } = generateKeyPairSync('ed25519', { privateKeyEncoding: PEM(), publicKeyEncoding: PUBLIC() });

  expect(() => tokenKey(privateKey)).toThrow('RSA or P-256');
});
