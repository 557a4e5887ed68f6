import { status as Code } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { classifyRpcFailure, connectionError } from '../../../../src/adapters/etcd/errors.ts';
import { etcdctlFailure } from '../../../../src/adapters/etcd/exec/failure.ts';

const ASKED = { what: 'Status of member m-1', readOnly: true };

test('what etcd, or a proxy before it, quotes of credentials is not passed on', () => {
  const details = 'upstream said password=hunter2-hunter2 and Bearer abc123def456';

  expect(classifyRpcFailure({ code: Code.UNKNOWN, details }, ASKED).message).toBe(
    'Status of member m-1: upstream said password=[redacted] and Bearer [redacted]',
  );
  expect(connectionError('odd: http://me:hunter2@proxy:3128 refused', 'Status').message).toBe(
    'Status: no connection: odd: http://[redacted]@proxy:3128 refused',
  );
});

test.each([
  ['a plain line', 'Error: open: token=hunter2-hunter2 not accepted', 'open: token=[redacted] not accepted'],
  [
    'something else',
    'panic -----BEGIN EC PRIVATE KEY-----\nhunter2',
    'etcdctl ended with exit code 2: panic [redacted]',
  ],
])('nor what etcdctl writes: %s', (_name, stderr, words) => {
  expect(etcdctlFailure(stderr, 2, ASKED).message).toBe(`Status of member m-1: ${words}`);
});
