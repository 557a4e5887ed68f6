import { expect, test } from 'vitest';
import { foldAlike, saysName } from '../../../../src/core/etcd/fold-alike.ts';

test('what differs only in the names is told once, with the others named', () => {
  const told = ['etcd-cp-1', 'etcd-cp-2', 'etcd-cp-3'].map((name) => ({
    name,
    also: [],
    text: `Member list in pod ${name}: get pods/exec ${name} is not allowed`,
  }));

  expect(foldAlike(told)).toEqual([
    'Member list in pod etcd-cp-1: get pods/exec etcd-cp-1 is not allowed (the same for etcd-cp-2, etcd-cp-3)',
  ]);
});

test('what differs in more is told apart, in the order it came', () => {
  const told = [
    { name: 'cp-1', also: ['a1'], text: 'cp-1 (a1): no answer within 5 s' },
    { name: 'cp-2', also: ['b2'], text: 'cp-2 (b2): it refuses connections' },
    { name: 'cp-3', also: ['c3'], text: 'cp-3 (c3): no answer within 5 s' },
  ];

  expect(foldAlike(told)).toEqual([
    'cp-1 (a1): no answer within 5 s (the same for cp-3)',
    'cp-2 (b2): it refuses connections',
  ]);
});

test('a name inside of another name is not taken for it', () => {
  const told = [
    { name: 'm-1', also: [], text: 'm-1: m-10 answers there' },
    { name: 'm-2', also: [], text: 'm-2: m-20 answers there' },
  ];

  expect(foldAlike(told)).toHaveLength(2);
});

test('nothing but equal text is told once without a word of others', () => {
  const told = [
    { name: '', also: [], text: 'List of the etcd pods: cancelled' },
    { name: '', also: [], text: 'List of the etcd pods: cancelled' },
  ];

  expect(foldAlike(told)).toEqual(['List of the etcd pods: cancelled']);
});

test.each([
  ['Status of member cp-2 (b0ed) in pod etcd-cp-2: no answer within 3 s', 'cp-2', true],
  ['Status of member m-10 (b0ed): no answer within 3 s', 'm-1', false],
  ['no answer', '', false],
])('whether "%s" names %j: %j', (text, name, says) => {
  expect(saysName(text, name)).toBe(says);
});
