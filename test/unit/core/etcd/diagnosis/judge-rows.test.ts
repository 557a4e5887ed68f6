import { expect, test } from 'vitest';
import type { MemberSigns, RingSigns } from '../../../../../src/core/etcd/diagnosis/signs.ts';
import { AWAY, before, GONE, hostSign, LOOPING, ON_HOST, STOPPED } from '../../../../support/judged-members.ts';
import { CONNECTED, judged, LOST, lookAt, nodeSign, podSign, SILENT } from '../../../../support/member-signs.ts';

type Row = [name: string, condition: string, signs: Partial<MemberSigns>, words: RegExp, ring?: Partial<RingSigns>];

const ROWS: readonly Row[] = [
  ['nothing is wrong', 'healthy', {}, /it follows in term 2, 0 entries behind/],
  [
    'an entry without a name',
    'never-started',
    { looks: [lookAt({ name: '', silent: 'unreachable' })] },
    /added, never started/,
  ],
  ['a learner that follows', 'learner', { looks: [lookAt({ learner: true })] }, /it is a learner/],
  ['a learner that is silent', 'learner', { looks: [lookAt({ learner: true, ...SILENT })] }, /does not answer/],
  ['CrashLoopBackOff', 'crash-looping', { ...AWAY, pod: LOOPING }, /pod etcd-cp-2: CrashLoopBackOff, 12 restarts/],
  [
    'its container was started anew between two looks',
    'crash-looping',
    { looks: [lookAt(SILENT), lookAt()], pod: { first: podSign({ restarts: 3 }), last: podSign({ restarts: 4 }) } },
    /started again, 4 restarts/,
  ],
  [
    'its container has ended and waits',
    'crash-looping',
    {
      ...AWAY,
      pod: {
        first: null,
        last: podSign({ running: false, ready: false, restarts: 1, ended: { exitCode: 2, at: null } }),
      },
    },
    /ended, 1 restart, last exit code 2/,
  ],
  [
    'its service is started again and again',
    'crash-looping',
    { ...AWAY, ...ON_HOST, host: hostSign({ ...STOPPED, active: 'activating', sub: 'auto-restart', restarts: 7 }) },
    /activating \(auto-restart\), 7 restarts/,
  ],
  [
    'its service failed',
    'crash-looping',
    { ...AWAY, ...ON_HOST, host: hostSign({ ...STOPPED, active: 'failed', exitStatus: 2 }) },
    /failed \(dead\).*ended with 2/,
  ],
  ['its service was stopped', 'down', { ...AWAY, ...ON_HOST, host: hostSign(STOPPED) }, /inactive \(dead\)/],
  [
    'others have lost it, nobody knows more',
    'down',
    { ...AWAY, ...ON_HOST, observers: [LOST] },
    /m-1 and m-3 are not connected/,
  ],
  ['a ready node without its pod', 'down', { ...AWAY, pod: 'absent' }, /node cp-2 is ready and has no etcd pod/],
  [
    'a pod that is not ready',
    'down',
    { ...AWAY, pod: { first: null, last: podSign({ ready: false }) } },
    /runs and is not ready/,
  ],
  [
    'others are connected to it',
    'unreachable-but-voting',
    { ...AWAY, ...ON_HOST, observers: [CONNECTED] },
    /m-1 is connected to it/,
  ],
  [
    'some have lost it and some have not',
    'unreachable-but-voting',
    { ...AWAY, ...ON_HOST, observers: [LOST, CONNECTED] },
    /m-1 is connected/,
  ],
  ['its pod is ready', 'unreachable-but-voting', AWAY, /its kubelet says that it is ready/],
  ['its pod is said to be ready, but others have lost it', 'down', { ...AWAY, observers: [LOST] }, /not connected/],
  [
    'fewer answer than agree',
    'unreachable-but-voting',
    { ...AWAY, ...ON_HOST },
    /fewer voters than a quorum answer us/,
    { unseenVotes: true },
  ],
  [
    'fewer answer than agree, and it is crash-looping',
    'crash-looping',
    { ...AWAY, pod: LOOPING },
    /Crash/,
    { unseenVotes: true },
  ],
  [
    'a kubelet that is silent, and others have lost it',
    'node-not-ready',
    { ...AWAY, node: nodeSign({ ready: 'unknown', readySince: before(120_000) }), observers: [LOST] },
    /node cp-2 does not report any more, for 2 min/,
  ],
  [
    'a kubelet that is silent, and nobody else says anything',
    'silent',
    { ...AWAY, node: nodeSign({ ready: 'unknown', readySince: before(120_000) }) },
    /unreachable in this test/,
  ],
  [
    'a kubelet that is silent for a moment',
    'down',
    { ...AWAY, node: nodeSign({ ready: 'unknown', readySince: before(20_000) }), observers: [LOST] },
    /not connected/,
  ],
  [
    'a kubelet that is silent for a moment, where a moment is enough',
    'node-not-ready',
    { ...AWAY, node: nodeSign({ ready: 'unknown', readySince: before(20_000) }), observers: [LOST] },
    /does not report any more, for 20 s/,
    { nodeNotReadyMs: 15_000 },
  ],
  [
    'a kubelet that is silent while others hear the member',
    'unreachable-but-voting',
    { ...AWAY, node: nodeSign({ ready: 'unknown', readySince: before(120_000) }), observers: [CONNECTED] },
    /connected/,
  ],
  [
    'a node that is sick and a member that is well',
    'healthy',
    { node: nodeSign({ ready: 'no' }) },
    /it follows in term 2/,
  ],
  [
    'no node and no Machine',
    'machine-gone',
    { ...AWAY, ...GONE, machinesSeen: true },
    /no node.*no Machine belongs to it/,
  ],
  ['no node, and nobody else to ask', 'silent', { ...AWAY, ...GONE }, /unreachable/],
  [
    'no node, and others have lost it',
    'machine-gone',
    { ...AWAY, ...GONE, observers: [LOST] },
    /no node of its name or address/,
  ],
  [
    'its Machine is being deleted',
    'machine-gone',
    { ...AWAY, ...GONE, machine: { name: 'm2', phase: 'Deleting', complaints: [], deletedAt: before(9) } },
    /Machine m2 is being deleted/,
  ],
  [
    'the provider says stopped',
    'machine-stopped',
    {
      ...AWAY,
      pod: 'not-seen',
      node: nodeSign({ ready: 'unknown', readySince: before(99_000) }),
      machine: { name: 'm2', phase: 'Running', complaints: ['the provider says "stopped"'], deletedAt: null },
    },
    /Machine m2: the provider says "stopped"/,
  ],
  [
    'its Machine failed',
    'machine-stopped',
    { ...AWAY, pod: 'not-seen', node: null, machine: { name: 'm2', phase: 'Failed', complaints: [], deletedAt: null } },
    /is in phase Failed/,
  ],
  [
    'its Machine failed, and it is well all the same',
    'healthy',
    { machine: { name: 'm2', phase: 'Failed', complaints: [], deletedAt: null } },
    /follows/,
  ],
  [
    'other data',
    'data-differs',
    { hash: { kind: 'differs', words: 'it has other data than m-1 and m-3 at revision 100' } },
    /other data than m-1 and m-3/,
  ],
  ['other data, and nobody knows whose are right', 'data-undecided', { hash: { kind: 'undecided', words: 'x' } }, /x/],
  [
    'its certificate',
    'certificate-expired',
    {
      looks: [
        lookAt({
          reading: {
            status: {
              ok: false,
              error: { code: 'access-unusable', message: 'no connection: its certificate has expired' },
            },
          },
        }),
      ],
    },
    /its certificate has expired/,
  ],
  [
    'its certificate, by its log',
    'certificate-expired',
    { ...AWAY, pod: LOOPING, log: ['certificate'] },
    /its log says that a certificate has expired/,
  ],
  [
    'no room on its host',
    'disk-full',
    { ...AWAY, ...ON_HOST, host: hostSign(STOPPED, 12_000) },
    /are free on its data volume/,
  ],
  [
    'no room, and it answers',
    'disk-full',
    { looks: [lookAt({ reading: { freeDiskBytes: 1_000_000 } })] },
    /are free on its data volume/,
  ],
  ['no room by its log', 'disk-full', { ...AWAY, pod: LOOPING, log: ['no-space'] }, /no space is left/],
  [
    'its node is short of disk, which need not be that of etcd: told, not concluded',
    'crash-looping',
    { ...AWAY, pod: LOOPING, node: nodeSign({ pressures: ['disk'] }), observers: [LOST] },
    /CrashLoopBackOff.* node cp-2 reports DiskPressure, of the disk of etcd or of another one/,
  ],
  [
    'its node is short of disk, and its own log says why it ended',
    'disk-full',
    { ...AWAY, pod: LOOPING, log: ['no-space'], node: nodeSign({ pressures: ['disk'] }) },
    /no space is left.*reports DiskPressure/,
  ],
  [
    'its disk is full, and others hear it',
    'unreachable-but-voting',
    { ...AWAY, ...ON_HOST, host: hostSign(STOPPED, 12_000), observers: [CONNECTED] },
    /m-1 is connected/,
  ],
  [
    'its disk is full, and only our connection is lost',
    'silent',
    { ...AWAY, ...ON_HOST, host: hostSign({}, 12_000) },
    /unreachable in this test/,
  ],
  ['a slow disk', 'disk-slow', { fsyncP99Ms: 240 }, /only within 240 ms/],
  ['a slow disk of a dead member', 'down', { ...AWAY, pod: 'absent', fsyncP99Ms: 240 }, /no etcd pod/],
  [
    'far behind in two looks',
    'lagging',
    {
      looks: [
        lookAt({ status: { raftAppliedIndex: 1000n, raftIndex: 3000n } }),
        lookAt({ status: { raftAppliedIndex: 1000n, raftIndex: 4000n } }),
      ],
    },
    /3000 entries behind, 2000 in the look before/,
  ],
  [
    'far behind in one look of two',
    'unsteady',
    { looks: [lookAt(), lookAt({ status: { raftIndex: 4000n } })] },
    /it answers, but is 3000 entries behind/,
  ],
  ['only our connection speaks against it', 'silent', { ...AWAY, ...ON_HOST }, /unreachable in this test/],
  [
    'it answered in one of two looks',
    'silent',
    { looks: [lookAt(), lookAt(SILENT)], ...ON_HOST },
    /it answered in 1 of 2 looks, not in the last/,
  ],
  ['it did not answer and does again', 'unsteady', { looks: [lookAt(SILENT), lookAt()] }, /did not in 1 of 2 looks/],
  [
    'it answers and knows no leader',
    'unsteady',
    { looks: [lookAt({ status: { leaderId: null } })], observers: [LOST] },
    /it answers, but knows no leader/,
  ],
];

test.each([...ROWS])('%s: %s', (_name, condition, signs, words, ring) => {
  const concluded = judged(signs, ring);

  expect(concluded.condition).toBe(condition);
  expect(concluded.evidence.map((each) => each.words).join('; ')).toMatch(words);
  expect(concluded.alsoSeen).not.toContain(condition);
});

test('a node that is short of disk keeps nobody from making etcd anew on it', () => {
  const short = nodeSign({ pressures: ['disk'] });
  const concluded = judged({ ...AWAY, pod: LOOPING, node: short, observers: [LOST] });
  expect(concluded.alsoSeen).not.toContain('disk-full');
  // Of one that is well nothing is told either.
  expect(judged({ node: short }).evidence.map(({ source }) => source)).not.toContain('node');
});
