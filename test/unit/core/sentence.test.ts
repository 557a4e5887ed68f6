import { expect, test } from 'vitest';
import { sentence } from '../../../src/core/sentence.ts';

test.each([
  ['its pod is gone', 'Its pod is gone.'],
  ['it ended.', 'It ended.'],
  ['its: a colon', 'Its: a colon.'],
  ['cp-2 does not answer', 'cp-2 does not answer.'],
  ['etcd-pod.yaml of cp-2 is aside', 'etcd-pod.yaml of cp-2 is aside.'],
  ['/etc/kubernetes/manifests/etcd.yaml is back', '/etc/kubernetes/manifests/etcd.yaml is back.'],
  ["etcd's service is stopped", "etcd's service is stopped."],
  ['Machine m is gone', 'Machine m is gone.'],
  ['', '.'],
])('%j reads %j', (words, said) => {
  expect(sentence(words)).toBe(said);
});
