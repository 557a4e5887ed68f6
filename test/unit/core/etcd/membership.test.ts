import { array, assert, boolean, constantFrom, nat, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemberCondition } from '../../../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed } from '../../../../src/core/etcd/diagnosis/evidence.ts';
import { countVoters, etcdAllowsRemoval, mayAdd, mayReplace } from '../../../../src/core/etcd/membership.ts';
import { quorumOf } from '../../../../src/core/etcd/quorum.ts';
import { createFakeEtcd } from '../../../fakes/etcd.ts';
import { additionRefusal, removalRefusal } from '../../../fakes/etcd-membership.ts';
import { idAt, type MemberSketch, ringOf } from '../../../support/etcd-reading.ts';

const MUTE: ReadonlySet<MemberCondition> = new Set([
  'crash-looping',
  'node-not-ready',
  'machine-stopped',
  'down',
  'silent',
]);

/** A ring of members in these conditions, as it would be diagnosed. */
function diagnosed(...conditions: readonly MemberCondition[]): readonly Diagnosed[] {
  const members = conditions.map((condition): MemberSketch => {
    if (condition === 'never-started') return { name: '', silent: 'unreachable' };
    return { learner: condition === 'learner', ...(MUTE.has(condition) ? { silent: 'unreachable' } : {}) };
  });
  const ring = ringOf({ members });
  return conditions.flatMap((condition, at) => {
    const member = ring.members.find(({ id }) => id === idAt(at));
    return member === undefined ? [] : [{ ...REST, member, condition }];
  });
}

const REST = {
  evidence: [],
  alsoSeen: [],
  place: {
    node: null,
    nodeUid: null,
    nodeState: 'not-seen',
    machine: null,
    host: null,
    hostState: 'not-asked',
    peerUrl: '',
    matchedBy: 'none',
  },
  lagTrend: null,
  wouldTell: '',
} as const satisfies Omit<Diagnosed, 'member' | 'condition'>;

const H = 'healthy';
const D = 'down';

describe('T15: which voter may be removed for a replacement; the first is the target', () => {
  test.each([
    ['1 of 1', [D], false, /no quorum/],
    ['2 voters, 1 healthy', [D, H], false, /no quorum/],
    ['3 voters, 2 healthy', [D, H, H], true, /2 voters are left, and none may fail/],
    ['3 voters, 1 healthy', [D, D, H], false, /no quorum/],
    ['4 voters, 3 healthy', [D, H, H, H], true, /3 voters are left and 1 may fail/],
    ['4 voters, 2 healthy', [D, D, H, H], false, /no quorum/],
    ['5 voters, 4 healthy', [D, H, H, H, H], true, /4 voters are left and 1 may fail/],
    ['5 voters, 3 healthy', [D, D, H, H, H], true, /m-2 is dead too: one at a time.* none may fail/],
    ['5 voters, 2 healthy', [D, D, D, H, H], false, /no quorum/],
    ['a healthy target', [H, H, H], false, /healthy: removing it only weakens/],
    ['a healthy target, another dead', [H, D, H], false, /healthy/],
    ['another lags', [D, 'lagging', H, H], false, /m-2 is not well either/],
    ['another is silent', [D, 'silent', H, H], false, /m-2 is not well either/],
    ['another has other data', [D, 'data-differs', 'lagging', H, H, H, H], false, /m-2, m-3 are not well/],
    ['the others differ', [D, 'data-undecided', 'data-undecided'], false, /m-2, m-3 have different data, and nobody/],
    ['another has a slow disk', [D, 'disk-slow', H], true, /none may fail/],
    ['an unstarted entry of three', ['never-started', H, H], true, /2 voters are left/],
    ['an unstarted entry beside a dead one', ['never-started', D, H], false, /no quorum/],
    ['a silent target', ['silent', H, H], false, /Only our own connection/],
    ['a target that others reach', ['unreachable-but-voting', H, H], false, /m-1 votes/],
    ['a learner', ['learner', H, H, H], true, /does not vote/],
    ['a learner beside a dead voter', ['learner', D, H, H], true, /does not vote/],
    ['a learner without quorum', ['learner', D, D, H], false, /no quorum/],
    ['a target whose data differ', ['data-differs', H, H], true, /2 voters/],
  ] satisfies readonly (readonly [string, readonly MemberCondition[], boolean, RegExp])[])(
    '%s',
    (_, conditions, allowed, why) => {
      expect(mayReplace(diagnosed(...conditions), idAt(0))).toMatchObject({
        allowed,
        why: expect.stringMatching(why),
      });
    },
  );

  test('the counts before and after are told', () => {
    expect(mayReplace(diagnosed(D, H, H), idAt(0))).toMatchObject({
      before: { voters: 3, healthy: 2 },
      after: { voters: 2, healthy: 2 },
      toleranceAfter: 0,
    });
    expect(mayReplace(diagnosed(H, H, H, H), idAt(0), true)).toMatchObject({
      allowed: true,
      before: { voters: 4, healthy: 4 },
      after: { voters: 3, healthy: 3 },
      toleranceAfter: 1,
    });
  });

  test('who is no member is not removed', () => {
    expect(mayReplace(diagnosed(D, H, H), 'abc')).toMatchObject({ allowed: false, why: 'No member has the id abc.' });
  });

  test('whatever the ring: an allowed removal leaves a quorum of healthy voters, and nobody else in doubt', () => {
    const conditions = array(constantFrom<MemberCondition>(H, D, 'learner', 'never-started', 'silent', 'lagging'), {
      minLength: 1,
      maxLength: 7,
    });
    assert(
      property(conditions, nat(), (ring, seed) => {
        const target = seed % ring.length;
        const answer = mayReplace(diagnosed(...ring), idAt(target));
        if (!answer.allowed) return;
        const left = ring.filter((condition, at) => at !== target && condition !== 'learner');
        const healthy = left.filter((condition) => condition === H).length;
        expect(healthy).toBeGreaterThanOrEqual(quorumOf(left.length));
        expect(answer.after).toEqual({ voters: left.length, healthy });
        expect(ring[target] !== 'learner' && left.includes('silent')).toBe(false);
      }),
    );
  });
});

const RING = array(record({ started: boolean(), learner: boolean(), up: boolean() }), { minLength: 1, maxLength: 7 });

/** A ring of the fake, whose first member is a voter that runs and is asked. */
function fakeRing(members: readonly { readonly started: boolean; readonly learner: boolean; readonly up: boolean }[]) {
  const settings = members.map(({ started, learner, up }, at) => ({
    ...(started || at === 0 ? {} : { name: '' }),
    isLearner: learner && at !== 0,
    health: at === 0 || (started && up) ? ('up' as const) : ('down' as const),
  }));
  return createFakeEtcd({ members: settings });
}

test('what etcd lets go is what its own rule says, for every ring', () => {
  assert(
    property(RING, nat(), (members, seed) => {
      const { ring } = fakeRing(members);
      const via = ring.members[0];
      const target = ring.members[seed % ring.members.length];
      if (via === undefined || target === undefined) throw new Error('an empty ring');
      const voters = ring.members.filter(({ isLearner }) => !isLearner);
      const counts = {
        voters: voters.length,
        started: voters.filter(({ name }) => name !== '').length,
        healthy: voters.filter(({ health }) => health === 'up').length,
      };
      const asTarget = { learner: target.isLearner, started: target.name !== '', active: target.health === 'up' };

      expect(etcdAllowsRemoval(counts, asTarget)).toBe(removalRefusal(ring, via, target.id, 1e6) === null);
    }),
  );
});

test('what etcd takes in is judged as etcd does, old and new', () => {
  assert(
    property(
      RING,
      boolean(),
      constantFrom('3.4.23', '3.5.16', '3.5.30', '3.6.10', '3.6.11'),
      (members, learner, version) => {
        const { ring } = fakeRing(members);
        const [via] = ring.members;
        if (via === undefined) throw new Error('an empty ring');
        via.version = version;
        const voters = ring.members.filter(({ isLearner }) => !isLearner);
        const counts = {
          voters: voters.length,
          started: voters.filter(({ name }) => name !== '').length,
          learners: ring.members.length - voters.length,
        };
        const connected = voters.filter(({ health }) => health === 'up').length;
        const addition = { peerUrls: ['https://10.9.9.9:2380'], learner };

        expect(mayAdd(counts, [version], connected, learner).allowed).toBe(
          additionRefusal(ring, via, addition, 1e6) === null,
        );
      },
    ),
  );
});

test('T16: why nothing is added while a voter is dead', () => {
  const counts = { voters: 3, started: 3, learners: 0 };

  expect(mayAdd(counts, ['3.5.16'], 2)).toEqual({
    allowed: false,
    why: 'Only 2 of 3 voters are connected, and this version of etcd wants all of them: a dead one must be removed first.',
  });
  expect(mayAdd(counts, ['3.5.30', '3.5.30'], 2).why).toBe('Only 2 of 3 voters are connected, and 3 must be.');
  expect(mayAdd({ voters: 5, started: 5, learners: 0 }, ['3.6.11'], 4).allowed).toBe(true);
  expect(mayAdd(counts, ['3.5.30', 'unreadable'], 2).why).toContain('wants all');
  expect(mayAdd(counts, [], 3).allowed).toBe(true);
  expect(mayAdd({ ...counts, learners: 1 }, ['3.5.16'], 3).why).toContain('one at a time');
  expect(mayAdd({ voters: 2, started: 1, learners: 0 }, ['3.5.16'], 2, false).why).toContain('no quorum');
});

test('a ring is counted as etcd counts it', () => {
  const members: readonly MemberSketch[] = [{}, { silent: 'unreachable' }, { name: '' }, { learner: true }];

  expect(countVoters(ringOf({ members }))).toEqual({ voters: 3, started: 2, healthy: 1, learners: 1, unstarted: 1 });
});
