import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderMembers } from '../../../../src/core/etcd/order.ts';
import { selectMembers } from '../../../../src/core/etcd/selection.ts';
import { idAt, MIB, type RingSketch, ringOf } from '../../../support/etcd-reading.ts';
import { TEST_DEFRAG } from '../../../support/step-harness.ts';

const GIB = 1024 * MIB;
const byRule = { named: [], all: false };

function file(size: number, inUse: number) {
  return { status: { dbSizeBytes: size, dbSizeInUseBytes: inUse } };
}

function chosen(sketch: RingSketch, request: { named: readonly string[]; all: boolean } = byRule) {
  const { selected, left, unknown } = selectMembers(ringOf(sketch), TEST_DEFRAG, request);
  return { selected: selected.map((each) => each.member.label), left: left.map((each) => each.member.label), unknown };
}

describe('by rule', () => {
  test.each([
    ['less than half in use', 100 * MIB, 49 * MIB, true],
    ['exactly half in use', 100 * MIB, 50 * MIB, false],
    ['well filled', 100 * MIB, 90 * MIB, false],
    ['more than half of the quota', 1.1 * GIB, 1.1 * GIB, true],
    ['exactly half of the quota', GIB, GIB, false],
  ])('%s', (_, size, inUse, selected) => {
    expect(chosen({ members: [file(size, inUse)] }).selected).toEqual(selected ? ['m-1'] : []);
  });

  test('every member has a reason with figures', () => {
    const { selected, left } = selectMembers(
      ringOf({ members: [file(100 * MIB, 10 * MIB), file(100 * MIB, 90 * MIB)] }),
      TEST_DEFRAG,
      byRule,
    );

    expect(selected.map((each) => each.reason)).toEqual(['10 % of 100 MiB in use']);
    expect(left.map((each) => each.reason)).toEqual(['90 % of 100 MiB in use, 5 % of the quota used']);
  });
});

const full = file(100 * MIB, 90 * MIB);

test('under NOSPACE all, with --all all, named ones as named', () => {
  const members = [full, full, full];

  expect(chosen({ members, alarms: [{ memberId: idAt(1), type: 'NOSPACE' }] }).selected).toEqual(['m-1', 'm-2', 'm-3']);
  expect(chosen({ members }, { named: [], all: true }).selected).toEqual(['m-1', 'm-2', 'm-3']);
  expect(chosen({ members }, { named: ['m-2'], all: false })).toEqual({
    selected: ['m-2'],
    left: ['m-1', 'm-3'],
    unknown: [],
  });
  expect(chosen({ members }, { named: [idAt(2)], all: false }).selected).toEqual(['m-3']);
});

test('a name that fits nobody, or several, is told', () => {
  expect(chosen({ members: [full] }, { named: ['m-9'], all: false }).unknown).toEqual(['m-9']);
  expect(chosen({ members: [{ name: 'x' }, { name: 'x' }] }, { named: ['x'], all: false }).unknown).toEqual(['x']);
});

test('learners and silent members are left, whatever was asked', () => {
  const members = [{ learner: true }, { silent: 'unreachable' as const }, {}];

  expect(chosen({ members, leader: 2 }, { named: [], all: true })).toMatchObject({
    selected: ['m-3'],
    left: ['m-1', 'm-2'],
  });
});

describe('order', () => {
  test('alarmed followers, then the fullest, the leader last', () => {
    const members = [file(900 * MIB, MIB), file(100 * MIB, MIB), file(300 * MIB, MIB), file(50 * MIB, MIB)];
    const ring = ringOf({ members, leader: 0, alarms: [{ memberId: idAt(3), type: 'NOSPACE' }] });

    const order = orderMembers(
      ring,
      ring.members.map((each) => each.id),
    );

    expect(order.map((each) => each.label)).toEqual(['m-4', 'm-3', 'm-2', 'm-1']);
  });

  test('whatever the ring, the leader is last and each asked member comes once', () => {
    const member = record({
      size: integer({ min: 1, max: 4000 }),
      share: integer({ min: 0, max: 100 }),
      alarmed: boolean(),
      asked: boolean(),
    });
    assert(
      property(array(member, { minLength: 1, maxLength: 7 }), constantFrom(0, 1, 2, 3, 4, 5, 6), (sketches, pick) => {
        const leader = pick % sketches.length;
        const ring = ringOf({
          members: sketches.map(({ size, share }) => file(size * MIB, (size * MIB * share) / 100)),
          leader,
          alarms: sketches.flatMap(({ alarmed }, at) =>
            alarmed ? [{ memberId: idAt(at), type: 'NOSPACE' as const }] : [],
          ),
        });
        const asked = sketches.flatMap((each, at) => (each.asked ? [idAt(at)] : []));

        const order = orderMembers(ring, asked).map((each) => each.id);

        expect(order.toSorted()).toEqual(asked.toSorted());
        expect(order.slice(0, -1)).not.toContain(idAt(leader));
      }),
    );
  });
});
