import { constantFrom, assert as holds, option, property, record, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { weightOf } from '../../../../../src/core/etcd/diagnosis/condition.ts';
import type { MemberSigns } from '../../../../../src/core/etcd/diagnosis/signs.ts';
import {
  AWAY,
  BARE,
  before,
  farBehind,
  GONE,
  hostSign,
  LOOPING,
  ON_HOST,
  STOPPED,
} from '../../../../support/judged-members.ts';
import { CONNECTED, judged, LOST, nodeSign, PLACE, podSign, signsOf } from '../../../../support/member-signs.ts';

describe('two observers', () => {
  /** Everything that somebody beside our own connection can say. */
  const beside = record({
    observers: uniqueArray(constantFrom(LOST, CONNECTED)),
    pod: constantFrom<MemberSigns['pod']>('absent', 'not-seen', LOOPING, { first: null, last: podSign() }),
    node: option(
      constantFrom(nodeSign(), nodeSign({ ready: 'no' }), nodeSign({ ready: 'unknown', readySince: before(5) })),
    ),
    host: option(
      constantFrom<MemberSigns['host']>(hostSign(STOPPED), hostSign({}), { reached: false, why: 'no route' }),
    ),
    log: uniqueArray(constantFrom('removed', 'no-space', 'certificate')),
    machinesSeen: constantFrom(true, false),
    place: constantFrom(PLACE, BARE, GONE.place),
  });

  test('a member that others hear is never dead, unless its process is seen ending', () => {
    holds(
      property(beside, (signs) => {
        const concluded = judged({ ...AWAY, ...signs, observers: [CONNECTED, ...signs.observers] });
        const weight = weightOf(concluded.condition, { learner: false, answers: false });
        const isSeenEnding = [concluded.condition, ...concluded.alsoSeen].includes('crash-looping');
        expect(weight === 'dead' && !isSeenEnding).toBe(false);
      }),
    );
  });

  test('of our connection alone nothing is concluded', () => {
    const alone = judged({ ...AWAY, ...ON_HOST });

    expect(weightOf(alone.condition, { learner: false, answers: false })).toBe('suspected');
    expect(alone.wouldTell).toContain('metrics of another member');
  });

  test('whoever is dead is so by somebody beside our connection', () => {
    holds(
      property(beside, (signs) => {
        const concluded = judged({ ...AWAY, ...signs });
        if (weightOf(concluded.condition, { learner: false, answers: false }) !== 'dead') return;
        expect(concluded.evidence.filter(({ source }) => source !== 'etcd')).not.toEqual([]);
      }),
    );
  });

  test('a member that is well in every look is healthy or sick of its disk or data, whatever is said of it', () => {
    holds(
      property(beside, (signs) => {
        expect(['healthy', 'disk-slow', 'disk-full', 'data-differs', 'data-undecided']).toContain(
          judged(signs).condition,
        );
      }),
    );
  });
});

test('what else was seen stands beside the condition', () => {
  const concluded = judged({ node: nodeSign({ ready: 'no' }), observers: [LOST], fsyncP99Ms: 300 });

  expect(concluded).toMatchObject({ condition: 'disk-slow', alsoSeen: ['node-not-ready'] });
});

test.each([
  [[2000, 4000], 'growing'],
  [[4000, 2000], 'shrinking'],
  [[4000, 4010], 'steady'],
] as const)('a distance of %j is %s', ([first, last], trend) => {
  expect(judged({ looks: [farBehind(first), farBehind(last)] })).toMatchObject({
    condition: 'lagging',
    lagTrend: trend,
  });
});

test('the same words are told once, those of the condition first', () => {
  const concluded = judged({ ...AWAY, ...ON_HOST, observers: [LOST], host: hostSign(STOPPED) });

  const words = concluded.evidence.map((each) => each.words);
  expect(words[0]).toBe('etcd.service is inactive (dead)');
  expect(new Set(words).size).toBe(words.length);
});

test('signs of a test are those of a member that is well', () => {
  expect(judged(signsOf())).toMatchObject({ condition: 'healthy', alsoSeen: [], lagTrend: null, wouldTell: '' });
});
