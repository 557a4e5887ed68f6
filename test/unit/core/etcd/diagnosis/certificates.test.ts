import { expect, test } from 'vitest';
import { type CertificateSeen, certificatesCheck } from '../../../../../src/core/etcd/diagnosis/certificates.ts';
import { NOW_MS } from '../../../../support/member-signs.ts';

const DAY_MS = 86_400_000;

function until(of: string, days: number): CertificateSeen {
  return { of, end: new Date(NOW_MS + days * DAY_MS).toISOString(), why: '' };
}
const UNREAD: CertificateSeen = { of: 'cp-3', end: null, why: 'this way of access does not show it' };

test.each<[string, readonly CertificateSeen[], string, RegExp]>([
  [
    'all are good',
    [until('cp-1', 300), until('cp-3', 200)],
    'pass',
    /the first to end: cp-3 at .* \(in 200 days\); those that members show to each other are not read/,
  ],
  [
    'Secrets tell of those between members, too',
    [until('cp-1', 300), until('Secret etcd-peer-cp-1', 100)],
    'pass',
    /^the first to end: Secret etcd-peer-cp-1 at [^;]*$/,
  ],
  ['one ends soon', [until('cp-1', 300), until('cp-3', 3)], 'warn', /^cp-3 at .* \(in 3 days\)$/],
  ['one ends within hours', [until('cp-3', 0.5)], 'warn', /\(in 12 h 0 min\)/],
  [
    'one has expired',
    [until('cp-1', 300), until('Secret etcd-peer-cp-3', -1)],
    'block',
    /etcd-peer-cp-3 has expired at .* Renew it first/,
  ],
  [
    'one that the ring does not go through has expired',
    [until('cp-1', 300), { ...until('Secret etcd-serving-metrics-cp-3', -1), beside: true }],
    'warn',
    /^Secret etcd-serving-metrics-cp-3 has expired at .*\. The ring does not need it$/,
  ],
  [
    'one of the ring has, beside it',
    [{ ...until('Secret etcd-serving-metrics-cp-3', -1), beside: true }, until('Secret etcd-peer-cp-3', -1)],
    'block',
    /Renew it first/,
  ],
  ['one was not read: never passed', [until('cp-1', 300), UNREAD], 'warn', /cp-3: not read, this way of access/],
  ['none was read', [UNREAD], 'warn', /^cp-3: not read/],
])('%s', (_name, seen, verdict, words) => {
  const check = certificatesCheck(seen, NOW_MS);

  expect(check).toMatchObject({ id: 'certificates', verdict });
  expect(check.evidence).toMatch(words);
});
