import { expect, test } from 'vitest';
import { createRedact } from '../../../../src/adapters/kubernetes/redact.ts';

test.each([
  ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[redacted]'],
  ['-----BEGIN EC PRIVATE KEY-----\ncut off', '[redacted]'],
  ['proxy http://me:pw@proxy:3128 refused', 'proxy http://[redacted]@proxy:3128 refused'],
  ['token=abc secret: "x" password=y', 'token=[redacted] secret: "[redacted]" password=[redacted]'],
  ['got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln here', 'got [redacted] here'],
  ['k8s-aws-v1.aHR0cHM6Ly9zdHM and AKIAIOSFODNN7EXAMPLE', '[redacted] and [redacted]'],
  ['pods "etcd-cp-1" not found', 'pods "etcd-cp-1" not found'],
])('%j reads %j', (text, clean) => {
  expect(createRedact()(text)).toBe(clean);
});

test('what was learned is found, as it is and in addresses; the longest first; short words are left alone', () => {
  const redact = createRedact();
  redact.learn('a secret/word');
  redact.learn('a secret/word that is longer');
  redact.learn('short');

  expect(redact('a secret/word that is longer, a%20secret%2Fword, a secret/word, short')).toBe(
    '[redacted], [redacted], [redacted], short',
  );
});

test('of secrets that rotate, the latest are remembered', () => {
  const redact = createRedact();
  for (let count = 0; count < 500; count += 1) redact.learn(`rotating-word-${count}.`);

  expect(redact('rotating-word-499. rotating-word-0.')).toBe('[redacted] rotating-word-0.');
});
