import { expect, test } from 'vitest';
import { driftBeyond, PlannedRing, plannedRing, type RingChange } from '../../../../src/core/etcd/expected-ring.ts';
import { CLUSTER_ID, idAt, type MemberSketch, type RingSketch, ringOf } from '../../../support/etcd-reading.ts';

const three: RingSketch = { members: [{}, {}, {}] };
const NEW: MemberSketch = { id: 'abc', name: '', learner: true };

/** Words for the n-th member (from 0) of a sketch. */
function said(index: number, { name = `m-${index + 1}`, id = idAt(index) }: MemberSketch = {}): string {
  return `${name} (${id}, https://10.0.0.${index + 1}:2380)`;
}

const four = (added: MemberSketch): RingSketch => ({ members: [{}, {}, {}, added] });
const at = (...hosts: string[]): readonly RingChange[] => [{ added: { peerUrls: null, hosts } }];

function drift(
  sketch: RingSketch,
  changes: readonly RingChange[] = [],
  planned: RingSketch = three,
): readonly string[] {
  return driftBeyond(plannedRing(ringOf(planned)), changes, ringOf(sketch));
}

test('the planned ring is text only, ordered by id, and reads back as it was written', () => {
  const planned = plannedRing(ringOf({ members: [{ name: 'z' }, { name: 'a', silent: 'unreachable' }] }));

  expect(planned).toEqual({
    clusterId: CLUSTER_ID,
    members: [
      { id: idAt(0), name: 'z', learner: false, version: '3.5.16', peerUrls: ['https://10.0.0.1:2380'] },
      { id: idAt(1), name: 'a', learner: false, version: '', peerUrls: ['https://10.0.0.2:2380'] },
    ],
  });
  expect(PlannedRing.parse(JSON.parse(JSON.stringify(planned)))).toEqual(planned);
});

test.each([
  ['another leader', { ...three, leader: 2, term: 9n }],
  ['a member that does not answer', { members: [{}, {}, { silent: 'unreachable' }] }],
  ['an alarm', { ...three, alarms: [{ memberId: idAt(0), type: 'NOSPACE' }] }],
] satisfies readonly (readonly [string, RingSketch])[])('%s is no drift', (_, sketch) => {
  expect(drift(sketch)).toEqual([]);
});

test('a member that did not answer for the plan and answers now is no drift: its version was unknown', () => {
  expect(drift(three, [], { members: [{}, {}, { silent: 'unreachable' }] })).toEqual([]);
});

test.each([
  ['a member less', { members: [{}, {}] }, `${said(2)} is no longer a member`],
  ['a member more', { members: [{}, {}, {}, {}] }, `${said(3)} is a new member`],
  ['a new name', { members: [{}, {}, { name: 'x' }] }, `${said(2)} is now called x`],
  ['a new version', { members: [{}, {}, { status: { version: '3.5.17' } }] }, `${said(2)} runs 3.5.17, not 3.5.16`],
  ['a learner now', { members: [{}, {}, { learner: true }] }, `${said(2)} became a learner`],
] satisfies readonly (readonly [string, RingSketch, string])[])('%s is drift', (_, sketch, words) => {
  expect(drift(sketch)).toEqual([words]);
});

test('a peer URL that changed is drift', () => {
  const [first, ...rest] = plannedRing(ringOf(three)).members;
  if (first === undefined) throw new Error('an empty ring');
  const planned = { clusterId: CLUSTER_ID, members: [{ ...first, peerUrls: ['https://10.9.9.9:2380'] }, ...rest] };

  expect(driftBeyond(planned, [], ringOf(three))).toEqual([
    `m-1 (${idAt(0)}, https://10.9.9.9:2380) now has the peer URL https://10.0.0.1:2380`,
  ]);
});

test('what the run removed must be gone, and nothing else', () => {
  const changes = [{ removed: idAt(1) }];

  expect(drift({ members: [{}, { id: idAt(2), name: 'm-3' }] }, changes)).toEqual([
    // The sketch gives m-3 the place of m-2.
    `${said(2)} now has the peer URL https://10.0.0.2:2380`,
  ]);
  expect(drift(three, changes)).toEqual([`${said(1)} was removed by this run and is a member all the same`]);
  expect(drift({ members: [{}] }, changes)).toEqual([`${said(2)} is no longer a member`]);
});

test('what the run added is expected, whatever it has become, and only once', () => {
  const changes = [{ added: { peerUrls: ['https://10.0.0.4:2380'], hosts: [] } }];

  expect(drift(three, changes)).toEqual([]);
  expect(drift(four(NEW), changes)).toEqual([]);
  expect(drift(four({ id: 'abc', name: 'm-4' }), changes)).toEqual([]);
  expect(drift({ members: [{}, {}, {}, NEW, { id: 'def' }] }, changes)).toEqual([
    `${said(4, { name: 'm-5', id: 'def' })} is a new member`,
  ]);
  expect(drift(four(NEW), [{ added: { peerUrls: ['https://10.0.0.9:2380'], hosts: [] } }])).toEqual([
    'abc (no name, https://10.0.0.4:2380) is a new member',
  ]);
});

test('what somebody named is to add is expected at the named addresses only, one member for one change', () => {
  const five: RingSketch = { members: [{}, {}, {}, NEW, { id: 'def' }] };

  expect(drift({ members: [{}, {}, {}, NEW] }, at('10.0.0.4'))).toEqual([]);
  expect(drift({ members: [{}, {}, {}, NEW] }, at('10.0.0.5'))).toHaveLength(1);
  expect(drift({ members: [{}, {}, {}, NEW] }, at())).toEqual([]);
  expect(drift(five, at())).toHaveLength(1);
  // What names its peer URL takes its own member, in whatever order the changes stand.
  expect(drift(five, [...at(), { added: { peerUrls: ['https://10.0.0.4:2380'], hosts: [] } }])).toEqual([]);
});

test('another ring is drift, whatever its members', () => {
  expect(driftBeyond({ clusterId: 'abc', members: [] }, [], ringOf(three))).toEqual([
    `it is ring ${CLUSTER_ID}, not abc`,
  ]);
});
