import { expect, test } from 'vitest';
import { etcdctlFailure } from '../../../../../src/adapters/etcd/exec/failure.ts';

const ASKED = { what: 'Status of member cp-1', readOnly: true };

/** A log line as etcdctl 3.4.23 and 3.5.16 write it, shortened to what is read. */
function logged(code: string, details: string): string {
  return `{"level":"warn","ts":"2026-11-21T17:22:12.612Z","logger":"etcd-client","msg":"retrying of unary invoker failed","attempt":0,"error":"rpc error: code = ${code} desc = ${details}"}`;
}

test.each([
  ['OutOfRange', 'etcdserver: mvcc: required revision has been compacted', 'compacted'],
  ['FailedPrecondition', 'etcdserver: bad leader transferee', 'refused'],
  ['ResourceExhausted', 'etcdserver: mvcc: database space exceeded', 'no-space'],
  ['DataLoss', 'etcdserver: corrupt cluster', 'corrupt'],
  ['DeadlineExceeded', 'context deadline exceeded', 'unknown-outcome'],
  ['Unavailable', 'etcdserver: no leader', 'unknown-outcome'],
  ['PermissionDenied', 'etcdserver: permission denied', 'permission'],
  ['Unavailable', 'etcdserver: rpc not supported for learner', 'refused'],
] as const)('the code of the log line and etcd’s words decide: %s %s', (code, details, expected) => {
  const stderr = `${logged(code, details)}\nError: ${details}\n`;

  expect(etcdctlFailure(stderr, 1, ASKED).code).toBe(expected);
  // Without the log line, as when a newer etcdctl writes it another way, the words alone lead to the same.
  expect(etcdctlFailure(`Error: ${details}\n`, 1, ASKED).code).toBe(expected);
  expect(etcdctlFailure(`Failed to get the status of endpoint http://a:1 (${details})\n`, 1, ASKED).code).toBe(
    expected,
  );
});

test('no connection was nothing sent, and a refused one says that no process listens', () => {
  const refused = logged(
    'DeadlineExceeded',
    String.raw`latest balancer error: last connection error: connection error: desc = \"transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused\"`,
  );
  const tls = logged(
    'DeadlineExceeded',
    String.raw`latest balancer error: connection error: desc = \"transport: authentication handshake failed: x509: certificate has expired\"`,
  );

  expect(etcdctlFailure(refused, 1, { ...ASKED, readOnly: false })).toEqual({
    code: 'unreachable',
    message: 'Status of member cp-1: it refuses connections; etcd is not running there',
    refusesConnections: true,
  });
  expect(
    etcdctlFailure(logged('DeadlineExceeded', 'latest balancer error: all SubConns are in TransientFailure'), 1, ASKED),
  ).toMatchObject({ code: 'unreachable' });
  expect(etcdctlFailure(tls, 1, ASKED).code).toBe('access-unusable');
});

test('words that are not known leave a change unknown and a read refused', () => {
  const panic = 'panic: runtime error: invalid memory address or nil pointer dereference\n';

  expect(etcdctlFailure(panic, 2, { ...ASKED, readOnly: false })).toMatchObject({
    code: 'unknown-outcome',
    message: expect.stringContaining('exit code 2: panic'),
  });
  expect(etcdctlFailure('', 127, ASKED)).toMatchObject({
    code: 'refused',
    message: expect.stringContaining('exit code 127'),
  });
  expect(etcdctlFailure('Error: no leader endpoint given at [https://a:2379]\n', 1, ASKED).code).toBe('refused');
});

test.each([
  ['OK', 'HTTP status code 200; transport: missing content-type field'],
  ['Unavailable', 'error reading from server: EOF'],
  ['Unavailable', 'transport is closing'],
])('a connection that broke in the middle is unknown, and told in words: %s %s', (code, details) => {
  const asked = { what: 'Defragment of member cp-2', readOnly: false };
  const stderr = `${logged(code, details)}\nFailed to defragment etcd member[http://a:1] (${details})\n`;

  expect(etcdctlFailure(stderr, 1, asked)).toEqual({
    code: 'unknown-outcome',
    message: `Defragment of member cp-2: the connection to etcd broke before it answered (${details})`,
  });
});
