import { status as Code } from '@grpc/grpc-js';
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyRpcFailure, connectionError } from '../../../../src/adapters/etcd/errors.ts';
import { summarise } from '../../../../src/adapters/etcd/several-failures.ts';
import type { EtcdErrorCode, EtcdRefusal } from '../../../../src/core/ports/etcd.ts';

const READ = { what: 'Status of member m-1 (8e9e05c52164694d) at https://10.0.0.11:2379', readOnly: true };
const CHANGE = { what: 'Defragment of member m-1 (8e9e05c52164694d) at https://10.0.0.11:2379', readOnly: false };

function codeOf(code: Code, details: string, asked = CHANGE): EtcdErrorCode {
  return classifyRpcFailure({ code, details }, asked).code;
}

// etcd's texts, without its prefix; grouped as etcd groups them.
const UNKNOWN_OUTCOME = [
  'no leader',
  'leader changed',
  'server stopped',
  'request timed out',
  'request timed out, possibly due to previous leader failure',
  'request timed out, possibly due to connection lost',
  'request timed out, waiting for the applied index took too long',
];
const REFUSED_PRECONDITIONS = [
  'not leader',
  'rpc not supported for learner',
  'bad leader transferee',
  'Peer URLs already exists',
  'member ID already exist',
  're-configuration failed due to not enough started members',
  'can only promote a learner member',
  'can only promote a learner member which is in sync with leader',
  'too many learner members in cluster',
  'authentication is not enabled',
  'not capable',
  'no inflight downgrade job',
];

const REFUSALS: readonly (readonly [Code, string, EtcdRefusal])[] = [
  [Code.UNAVAILABLE, 'unhealthy cluster', 'unhealthy-cluster'],
  [Code.FAILED_PRECONDITION, 're-configuration failed due to not enough started members', 'not-enough-started'],
  [Code.FAILED_PRECONDITION, 'Peer URLs already exists', 'peer-url-exists'],
  [Code.FAILED_PRECONDITION, 'member ID already exist', 'peer-url-exists'],
  [Code.FAILED_PRECONDITION, 'too many learner members in cluster', 'too-many-learners'],
  [Code.FAILED_PRECONDITION, 'can only promote a learner member which is in sync with leader', 'learner-behind'],
  [Code.FAILED_PRECONDITION, 'can only promote a learner member', 'not-a-learner'],
  [Code.NOT_FOUND, 'member not found', 'no-such-member'],
];

test.each(REFUSALS)(
  '%s "%s" is the refusal %s, also with the code that proxies put in its place',
  (code, text, refusal) => {
    const details = `etcdserver: ${text}`;

    expect(classifyRpcFailure({ code, details }, CHANGE)).toMatchObject({ code: 'refused', refusal });
    expect(classifyRpcFailure({ code: Code.UNKNOWN, details }, CHANGE)).toMatchObject({ code: 'refused', refusal });
  },
);

test('text and code must both fit: a refusal means that nothing happened', () => {
  const details = 'etcdserver: unhealthy cluster';

  expect(classifyRpcFailure({ code: Code.DEADLINE_EXCEEDED, details }, CHANGE)).toEqual({
    code: 'unknown-outcome',
    message: expect.any(String),
  });
  expect(classifyRpcFailure({ code: Code.UNAVAILABLE, details: 'etcdserver: no leader' }, CHANGE)).not.toHaveProperty(
    'refusal',
  );
});

describe('errors of etcd', () => {
  const table: readonly (readonly [Code, string, EtcdErrorCode])[] = [
    ...UNKNOWN_OUTCOME.map((text) => [Code.UNAVAILABLE, text, 'unknown-outcome'] as const),
    [Code.UNAVAILABLE, 'unhealthy cluster', 'refused'],
    [Code.UNAVAILABLE, 'rpc not supported for learner', 'refused'],
    ...REFUSED_PRECONDITIONS.map((text) => [Code.FAILED_PRECONDITION, text, 'refused'] as const),
    [Code.FAILED_PRECONDITION, 'cluster ID mismatch', 'wrong-member'],
    [Code.NOT_FOUND, 'member not found', 'refused'],
    [Code.INVALID_ARGUMENT, 'given member URLs are invalid', 'refused'],
    [Code.INVALID_ARGUMENT, 'authentication failed, invalid user ID or password', 'permission'],
    [Code.INVALID_ARGUMENT, 'request is too large', 'refused'],
    [Code.INVALID_ARGUMENT, 'revision of auth store is old', 'permission'],
    [Code.RESOURCE_EXHAUSTED, 'mvcc: database space exceeded', 'no-space'],
    [Code.RESOURCE_EXHAUSTED, 'too many requests', 'overloaded'],
    [Code.DATA_LOSS, 'corrupt cluster', 'corrupt'],
    [Code.OUT_OF_RANGE, 'mvcc: required revision has been compacted', 'compacted'],
    [Code.OUT_OF_RANGE, 'mvcc: required revision is a future revision', 'refused'],
    [Code.PERMISSION_DENIED, 'permission denied', 'permission'],
    [Code.UNAUTHENTICATED, 'invalid auth token', 'permission'],
    [Code.DEADLINE_EXCEEDED, 'context deadline exceeded', 'unknown-outcome'],
    [Code.CANCELLED, 'request canceled', 'unknown-outcome'],
    [Code.CANCELLED, 'context canceled', 'unknown-outcome'],
  ];

  test.each(table)('%i "%s" is %s', (code, text, expected) => {
    expect(codeOf(code, `etcdserver: ${text}`)).toBe(expected);
  });

  test.each(table)('the same text of %i "%s" sent with code Unknown is %s too', (_code, text, expected) => {
    expect(codeOf(Code.UNKNOWN, `etcdserver: ${text}`)).toBe(expected);
  });

  test('a text with a code it does not belong to is classified by the code', () => {
    expect(codeOf(Code.PERMISSION_DENIED, 'etcdserver: no leader')).toBe('permission');
    expect(codeOf(Code.UNAVAILABLE, 'etcdserver: permission denied')).toBe('unknown-outcome');
    expect(codeOf(Code.INTERNAL, 'etcdserver: mvcc: database space exceeded')).toBe('unknown-outcome');
  });

  test('codes with unknown texts', () => {
    expect(codeOf(Code.UNIMPLEMENTED, 'unknown method')).toBe('not-available');
    expect(codeOf(Code.FAILED_PRECONDITION, 'something new')).toBe('refused');
    expect(codeOf(Code.DATA_LOSS, 'something new')).toBe('corrupt');
    expect(codeOf(Code.INTERNAL, 'Received RST_STREAM with code 2')).toBe('unknown-outcome');
    expect(codeOf(Code.UNAVAILABLE, 'Connection dropped')).toBe('unknown-outcome');
    expect(codeOf(Code.UNAVAILABLE, 'read ECONNRESET')).toBe('unknown-outcome');
    expect(codeOf(Code.ABORTED, '')).toBe('unknown-outcome');
  });

  test('an answer that is too large means nothing for a read, and an unknown outcome for a change', () => {
    const text = 'Received message larger than max (17000000 vs 16777216)';

    expect(codeOf(Code.RESOURCE_EXHAUSTED, text, READ)).toBe('refused');
    expect(codeOf(Code.RESOURCE_EXHAUSTED, text, CHANGE)).toBe('unknown-outcome');
  });

  test('whatever a server says, a change counts as not done only for texts and codes that say so', () => {
    const uncertain = constantFrom(Code.UNKNOWN, Code.UNAVAILABLE, Code.INTERNAL, Code.ABORTED, Code.DEADLINE_EXCEEDED);
    assert(
      property(uncertain, string(), (code, text) => {
        expect(codeOf(code, `Stream ended: ${text}`)).toBe('unknown-outcome');
      }),
    );
  });

  test('the message names what was asked, where, and what was said', () => {
    expect(classifyRpcFailure({ code: Code.UNAVAILABLE, details: 'etcdserver: no leader' }, READ).message).toBe(
      'Status of member m-1 (8e9e05c52164694d) at https://10.0.0.11:2379: etcdserver: no leader',
    );
    expect(
      classifyRpcFailure(
        { code: Code.DEADLINE_EXCEEDED, details: 'Deadline exceeded after 5.001s,remote_addr=…' },
        { ...READ, withinMs: 5000 },
      ).message,
    ).toMatch(/: no answer within 5\.0 s$/);
    expect(classifyRpcFailure({ code: Code.INTERNAL, details: '' }, READ).message).toMatch(/: INTERNAL$/);
  });
});

describe('connections that fail', () => {
  const said = 'No connection established. Last error: ';
  const table = [
    ['Error: connect ECONNREFUSED 127.0.0.1:2379', 'unreachable', 'etcd is not running there'],
    ['Error: connect EHOSTUNREACH 10.0.0.11:2379', 'unreachable', 'there is no route to it'],
    ['Error: getaddrinfo ENOTFOUND etcd-1.example', 'unreachable', 'its name cannot be resolved'],
    ['Error: read ECONNRESET', 'unreachable', 'it closed the connection at once'],
    [
      'error:0A00010B:SSL routines:tls_validate_record_header:wrong version number',
      'unreachable',
      'does not speak TLS',
    ],
    ['Error: certificate has expired', 'access-unusable', 'its certificate has expired'],
    ['Error: certificate is not yet valid', 'access-unusable', 'compare the clocks'],
    ['Error: self-signed certificate in certificate chain', 'access-unusable', 'not issued by the configured CA'],
    ['Error: unable to verify the first certificate', 'access-unusable', 'not issued by the configured CA'],
    ["Hostname/IP does not match certificate's altnames: IP: 10.0.0.1", 'access-unusable', 'other names and addresses'],
    ['ssl/tls alert bad certificate:SSL alert number 42', 'access-refused', 'refused our client certificate'],
    ['tlsv13 alert certificate required:SSL alert number 116', 'access-refused', 'refused our client certificate'],
  ] as const;

  test.each(table)('%s', (reason, code, words) => {
    const error = classifyRpcFailure({ code: Code.UNAVAILABLE, details: said + reason }, CHANGE);

    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^Defragment of member m-1/);
    expect(error.refusesConnections === true).toBe(reason.includes('ECONNREFUSED'));
  });

  test('several addresses refuse connections only when all of them do', () => {
    const refused = connectionError('Error: connect ECONNREFUSED 127.0.0.1:2379', 'Status');
    const far = connectionError('Error: connect EHOSTUNREACH 10.0.0.11:2379', 'Status');

    expect(
      summarise(
        [
          { asked: 'a', error: refused },
          { asked: 'b', error: refused },
        ],
        'Status',
      ),
    ).toMatchObject({
      code: 'unreachable',
      refusesConnections: true,
    });
    expect(
      summarise(
        [
          { asked: 'a', error: refused },
          { asked: 'b', error: far },
        ],
        'Status',
      ),
    ).not.toHaveProperty('refusesConnections');
    expect(summarise([], 'Status')).not.toHaveProperty('refusesConnections');
  });

  test('a reason without words of ours is told without the frame around it', () => {
    const reason = `${said}Error: odd (2026-11-21T14:00:00.000Z). Resolution note: `;

    expect(connectionError(reason, 'Status')).toEqual({
      code: 'unreachable',
      message: 'Status: no connection: Error: odd',
    });
  });

  test('a name that cannot be resolved was not sent', () => {
    expect(codeOf(Code.UNAVAILABLE, 'Name resolution failed for target dns:etcd-1:2379')).toBe('unreachable');
  });
});
