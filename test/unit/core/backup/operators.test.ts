import { expect, test } from 'vitest';
import { operatorTrouble } from '../../../../src/core/backup/operators.ts';

/** An operator with these conditions. */
function operator(name: string, statuses: Readonly<Record<string, string>> = {}) {
  const all = { Available: 'True', Degraded: 'False', Progressing: 'False', ...statuses };
  const conditions = Object.entries(all).map(([type, status]) => ({
    type,
    status,
    reason: status === 'True' ? 'R' : '',
  }));
  return { name, object: { status: { conditions } } };
}

test('operators that are available, sound and at rest speak against nothing', () => {
  expect(operatorTrouble([operator('etcd'), operator('kube-apiserver', { Upgradeable: 'False' })])).toBeNull();
});

test.each([
  [operator('etcd', { Degraded: 'True' }), 'operator etcd is degraded (R)'],
  [operator('etcd', { Available: 'False' }), 'operator etcd is not available'],
  [operator('etcd', { Progressing: 'True' }), 'operator etcd is rolling out a change (R)'],
  [operator('etcd', { Available: 'False', Degraded: 'True' }), 'operator etcd is not available and is degraded (R)'],
  [operator('etcd', { Degraded: 'Unknown' }), 'operator etcd does not say whether it is Degraded'],
  [
    { name: 'etcd', object: { status: { conditions: [] } } },
    'operator etcd does not say whether it is Available and does not say whether it is Degraded and does not say whether it is Progressing',
  ],
  [{ name: 'etcd', object: null }, 'how operator etcd is could not be read'],
  [{ name: 'etcd', object: { status: {} } }, 'how operator etcd is could not be read'],
])('%#: said in words', (seen, words) => {
  expect(operatorTrouble([operator('kube-apiserver'), seen])).toBe(words);
});
