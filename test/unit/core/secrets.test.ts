import {
  assert as assertProperty,
  constantFrom,
  domain,
  integer,
  ipV4,
  ipV6,
  oneof,
  property,
  string,
  tuple,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../../src/core/secrets.ts';

const CANARY = 'C4n4ry0123456789abcdef';
const KEY_BODY = `MIIEvQ${CANARY}/+w==`;
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${KEY_BODY}\n-----END RSA PRIVATE KEY-----`;

/** Hexadecimal, up to so many digits. */
function hex(length: number) {
  return string({
    unit: integer({ min: 0, max: 15 }).map((digit) => digit.toString(16)),
    minLength: 4,
    maxLength: length,
  });
}

/** Each carries the canary, as people paste secrets and servers print them. */
const SECRETS = {
  'bot token of Slack': `xoxb-12-34-${CANARY}`,
  'user token of Slack': `xoxp-${CANARY}`,
  'rotated token of Slack': `xoxe.xoxb-1-${CANARY}`,
  'app-level token of Slack': `xapp-1-A0-${CANARY}`,
  'webhook of Slack': `https://hooks.slack.com/services/T0/B0/${CANARY}`,
  'private key': PEM,
  'private key on one line': PEM.replaceAll('\n', ' '),
  'private key that was cut off': PEM.slice(0, -30),
  'private key in JSON': JSON.stringify({ key: PEM }),
  'private key typed on a phone': PEM.replaceAll('-----', '——-'),
  'key of a kubeconfig': `client-key-data: ${Buffer.from(PEM).toString('base64')}`,
  'PEM in base64 alone': Buffer.from(PEM).toString('base64'),
  'address with a password': `redis://user:${CANARY}@host:6379/0`,
  'address with a token': `https://${CANARY}@github.example/x`,
  'bearer header': `Authorization: Bearer ${CANARY}`,
  'bearer alone': `Bearer ${CANARY}`,
  'basic header': `Proxy-Authorization: Basic ${CANARY}==`,
  'basic alone': `basic ${CANARY}==`,
  'password=': `password=${CANARY}`,
  'password in quotes': `password: "with spaces ${CANARY} and more"`,
  'password in curly quotes': `password: “with spaces ${CANARY}”`,
  'password in JSON in JSON': JSON.stringify(JSON.stringify({ password: `a "quoted" ${CANARY}` })),
  client_secret: `client_secret=${CANARY}`,
  'secret key of AWS': `aws_secret_access_key = ${CANARY}/abc+def`,
  AWS_SECRET_ACCESS_KEY: `AWS_SECRET_ACCESS_KEY=${CANARY}`,
  AWS_SESSION_TOKEN: `export AWS_SESSION_TOKEN="${CANARY}"`,
  'key of Azure': `AccountKey=${CANARY}==;EndpointSuffix=x`,
  'api key': `apiKey: ${CANARY}`,
  '--token': `kubeadm join 10.0.0.1:6443 --token ${CANARY}`,
  '--bind-password=': `tool --bind-password=${CANARY}`,
  'web token': `eyJhbGciOiJSUzI1NiJ9.${CANARY}.c2ln`,
  'head of a web token': `eyJ${CANARY}`,
  'token of EKS': `k8s-aws-v1.${CANARY}`,
  'token of GitHub': `ghp_${CANARY}`,
  'fine-grained token of GitHub': `github_pat_11AAAA_${CANARY}`,
  'token of GitLab': `glpat-${CANARY}`,
  'token of npm': `npm_${CANARY}01234567890`,
  'token of Google': `ya29.${CANARY}`,
  'token of Vault': `hvs.${CANARY}`,
  'private key of age': `AGE-SECRET-KEY-1${CANARY}`,
  'private key of age, post-quantum': `AGE-SECRET-KEY-PQ-1${CANARY}`,
  'token of OpenShift': `sha256~${CANARY}`,
} as const;

describe('a secret is taken out', () => {
  test.each(Object.entries(SECRETS))('%s', (_name, text) => {
    const clean = withoutSecrets(`it said ${text}, then it ended`);

    expect(clean).not.toContain(CANARY);
    expect(clean).not.toContain(Buffer.from(CANARY).toString('base64').slice(2, 20));
    expect(clean).toContain('[redacted]');
    expect(clean.startsWith('it said ')).toBe(true);
  });

  test('keys of AWS', () => {
    expect(withoutSecrets('AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE')).toBe('[redacted] and [redacted]');
  });

  test('wherever it stands, and again nothing is left to take', () => {
    const around = string({ unit: 'binary' }).map((each) => each.replaceAll(CANARY, ''));
    assertProperty(
      property(around, constantFrom(...Object.values(SECRETS)), around, (before, secret, after) => {
        const clean = withoutSecrets(`${before} ${secret} ${after}`);
        expect(clean).not.toContain(CANARY);
        expect(withoutSecrets(clean)).not.toContain(CANARY);
      }),
    );
  });
});

describe('ordinary text stays as it is', () => {
  test.each([
    'defrag prod member/m-1 --all --pause 30s',
    'freeze prod --until 2026-12-01 "holiday: basic maintenance only"',
    'lock prod "investigating the bearer of bad news, a token gesture"',
    'Not during the release; ask <@U0APPROVER1> in <#C0OPS> (see https://wiki.example/runbooks/etcd?x=1#top).',
    'Status of member m-1 (8e9e05c52164694d) at https://10.0.0.11:2379: no connection: it refuses connections',
    'etcdserver: mvcc: database space exceeded',
    'secrets "etcd-certs" is forbidden: User "system:serviceaccount:drydock:worker" cannot get resource "secrets"',
    'image registry.k8s.io/etcd@sha256:1b6b5a0f4f0e5a1fcd2c6ab8b2bb7d0b7f0b6e1a4b0a9dfb9d3e0d8a8c1f2e3d',
    'the password was wrong; the secret is gone; the token has expired',
    'a basic question about authorization',
    '/etc/drydock/pki/client.key',
  ])('%s', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  test('ids, hashes, names, addresses, figures', () => {
    const port = integer({ min: 1, max: 65_535 });
    const word = oneof(
      hex(16),
      hex(40),
      hex(64),
      hex(64).map((digest) => `sha256:${digest}`),
      hex(64).map((digest) => `registry.example:5000/team/image@sha256:${digest}`),
      hex(4).map((suffix) => `defrag-prod-${suffix}`),
      domain(),
      domain().map((name) => `node/ip-10-0-0-1.${name}`),
      tuple(ipV4(), port).map(([address, at]) => `https://${address}:${at}/health`),
      ipV6().map((address) => `http://[${address}]:2379`),
      integer().map((bytes) => `${bytes} B`),
      constantFrom('m-1', 'etcd-cp-1', 'kube-system/drydock-defrag-prod-7f3k', 'U0APPROVER1', '--over-healthy', '50%'),
    );
    assertProperty(
      property(tuple(word, word, word), (words) => {
        const text = words.join(' ');
        expect(withoutSecrets(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test('what was taken out once is not changed again', () => {
    for (const secret of Object.values(SECRETS)) {
      const clean = withoutSecrets(secret);
      expect(withoutSecrets(clean)).toBe(clean);
    }
  });
});

/** Texts on which a careless pattern takes time that grows with the square of the length, or worse. */
test.each([
  'a.',
  'a-',
  '-',
  '--a-',
  '-----BEGIN A',
  '-----BEGIN A-----',
  'bearer ',
  'basic a',
  'token ',
  'token="',
  'password: \\"',
  'x://',
  'eyJ',
  'a:',
  'authorization: ',
])('a long text of %j is done with', (piece) => {
  const text = piece.repeat(Math.ceil(400_000 / piece.length));

  expect(withoutSecrets(text).length).toBeGreaterThan(0);
});
