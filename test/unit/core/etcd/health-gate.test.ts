import { array, assert, boolean, property } from 'fast-check';
import { expect, test } from 'vitest';
import { gateTrouble, healthGate, mayTakeMemberOut } from '../../../../src/core/etcd/health-gate.ts';
import { idAt, type RingSketch, ringOf } from '../../../support/etcd-reading.ts';

const strict = { level: 'strict', nospaceAllowed: false } as const;
const three: RingSketch = { members: [{}, {}, {}] };

function failing(
  sketch: RingSketch,
  level: { level: 'strict' | 'quorum'; nospaceAllowed: boolean } = strict,
): readonly string[] {
  const ring = ringOf(sketch);
  return healthGate(ring, ring, level)
    .findings.filter((finding) => !finding.ok)
    .map((finding) => finding.rule);
}

test('a healthy ring passes', () => {
  const ring = ringOf(three);

  expect(healthGate(ring, ring, strict)).toMatchObject({ ok: true });
  expect(gateTrouble(healthGate(ring, ring, strict))).toBe('');
});

test.each([
  ['a silent voter', { members: [{}, {}, { silent: 'unknown-outcome' }] }, ['members-answer']],
  ['a member that was never started', { members: [{}, {}, { name: '' }] }, ['members-answer']],
  ['another member list', { members: [{}, {}, { knows: [idAt(0)] }] }, ['one-ring']],
  ['no leader', { members: [{}, {}, {}], leader: null }, ['leader']],
  ['two leaders', { members: [{}, {}, { status: { leaderId: idAt(2) } }] }, ['leader']],
  ['a leader that is no member', { members: [{}, {}], leader: 7 }, ['leader']],
  [
    'a member far behind',
    { members: [{}, {}, { status: { raftIndex: 9000n, raftAppliedIndex: 9000n } }] },
    ['caught-up'],
  ],
  ['a long backlog', { members: [{}, {}, { status: { raftIndex: 2001n, raftAppliedIndex: 1000n } }] }, ['caught-up']],
  ['no reads with quorum', { members: [{}, {}, { deaf: true }] }, ['reads']],
  ['CORRUPT', { members: [{}, {}, {}], alarms: [{ memberId: idAt(0), type: 'CORRUPT' }] }, ['corrupt']],
  ['an unknown alarm', { members: [{}, {}, {}], alarms: [{ memberId: idAt(0), type: 'UNKNOWN' }] }, ['corrupt']],
  ['NOSPACE', { members: [{}, {}, {}], alarms: [{ memberId: idAt(0), type: 'NOSPACE' }] }, ['nospace']],
  ['alarms that cannot be read', { members: [{}, {}, {}], alarms: null }, ['corrupt']],
  ['somebody else defragments', { members: [{}, {}, { reading: { defragInflight: true } }] }, ['other-defrag']],
  ['a list without quorum', { members: [{}], localList: true }, ['ring-known']],
] satisfies readonly (readonly [string, RingSketch, readonly string[]])[])(
  '%s shuts the strict gate',
  (_, sketch, rules) => {
    expect(failing(sketch)).toEqual(rules);
  },
);

test('NOSPACE may be allowed, CORRUPT never', () => {
  const nospace: RingSketch = { ...three, alarms: [{ memberId: idAt(0), type: 'NOSPACE' }] };
  const both: RingSketch = { ...three, alarms: [...(nospace.alarms ?? []), { memberId: idAt(1), type: 'CORRUPT' }] };

  expect(failing(nospace, { level: 'strict', nospaceAllowed: true })).toEqual([]);
  expect(failing(both, { level: 'strict', nospaceAllowed: true })).toEqual(['corrupt']);
});

test('the gate of level quorum passes over a minority that is out', () => {
  const level = { level: 'quorum', nospaceAllowed: true } as const;

  expect(failing({ members: [{}, {}, { silent: 'unreachable' }] }, level)).toEqual([]);
  expect(failing({ members: [{}, { silent: 'unreachable' }, { silent: 'unreachable' }] }, level)).toEqual([
    'members-answer',
  ]);
});

test('a leader or term that changes between two looks shuts the gate', () => {
  const first = ringOf(three);

  expect(healthGate(first, ringOf({ ...three, leader: 1 }), strict).ok).toBe(false);
  expect(healthGate(first, ringOf({ ...three, term: 3n }), strict).ok).toBe(false);
  expect(healthGate(ringOf({ ...three, leader: null }), first, strict).ok).toBe(false);
});

test('a ring that could not be read shuts the gate', () => {
  expect(healthGate(null, ringOf(three), strict).ok).toBe(false);
  expect(healthGate(ringOf(three), null, strict).ok).toBe(false);
});

test('the trouble names members and reasons', () => {
  const ring = ringOf({
    members: [{}, {}, { silent: 'unreachable' }],
    alarms: [{ memberId: 'dead', type: 'NOSPACE' }],
  });

  expect(gateTrouble(healthGate(ring, ring, strict))).toBe(
    '2 of 3 voters answer; m-3: unreachable in this test; NOSPACE alarm on dead',
  );
});

test('the trouble names a silent member once, also when its error names it', () => {
  const message = 'Status of member m-3 (c3) in pod etcd-m-3: no answer within 3 s';
  const status = { ok: false as const, error: { code: 'unknown-outcome' as const, message } };
  const ring = ringOf({ members: [{}, {}, { silent: 'unknown-outcome', reading: { status } }] });

  expect(gateTrouble(healthGate(ring, ring, strict))).toBe(`2 of 3 voters answer; ${message}`);
});

test('a member may be out only while the healthy rest has quorum', () => {
  expect(mayTakeMemberOut(ringOf(three), idAt(0)).kind).toBe('keeps-quorum');
  expect(mayTakeMemberOut(ringOf({ members: [{}, {}, { silent: 'unreachable' }] }), idAt(0)).kind).toBe('refused');
  expect(mayTakeMemberOut(ringOf({ members: [{}, {}, { silent: 'unreachable' }] }), idAt(2)).kind).toBe('keeps-quorum');
  expect(mayTakeMemberOut(ringOf({ members: [{}] }), idAt(0)).kind).toBe('outage');
  expect(mayTakeMemberOut(ringOf({ members: [{}, {}, { learner: true }] }), idAt(2)).kind).toBe('keeps-quorum');
  expect(mayTakeMemberOut(ringOf(three), 'nobody').kind).toBe('refused');
});

test('an open strict gate means that any one member of three or more may be out', () => {
  assert(
    property(array(boolean(), { minLength: 3, maxLength: 7 }), (answering) => {
      const sketch = { members: answering.map((answers) => (answers ? {} : { silent: 'unreachable' as const })) };
      const ring = ringOf({ ...sketch, leader: Math.max(0, answering.indexOf(true)) });
      const open = healthGate(ring, ring, strict).ok;

      expect(open).toBe(answering.every(Boolean));
      expect(ring.members.every((each) => !open || mayTakeMemberOut(ring, each.id).kind === 'keeps-quorum')).toBe(true);
    }),
  );
});
