import { assert, property, stringMatching, subarray, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeSecrets, type SecretRef } from '../../../../src/core/openshift/node-secrets.ts';

const KNOWN = ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'];

function secretsOf(nodes: readonly string[], prefixes: readonly string[] = KNOWN): SecretRef[] {
  const names = new Set(nodes.flatMap((node) => prefixes.map((prefix) => `${prefix}-${node}`)));
  return [...names].map((name) => ({ name, uid: `uid-${name}` }));
}

function deleted(answer: ReturnType<typeof nodeSecrets>): readonly string[] | string {
  return answer.ok ? answer.delete.map(({ name }) => name) : answer.why;
}

describe('the Secrets of exactly one node', () => {
  test('the three of the document, by whole name: master-1 is not master-10', () => {
    const nodes = ['master-0', 'master-1', 'master-10'];

    expect(deleted(nodeSecrets(secretsOf(nodes), 'master-1', ['master-0', 'master-10']))).toEqual([
      'etcd-peer-master-1',
      'etcd-serving-master-1',
      'etcd-serving-metrics-master-1',
    ]);
    expect(deleted(nodeSecrets(secretsOf(nodes), 'master-10', ['master-0', 'master-1']))).toEqual([
      'etcd-peer-master-10',
      'etcd-serving-master-10',
      'etcd-serving-metrics-master-10',
    ]);
  });

  test('nodes that are called 1 and 10, and one whose name ends like another', () => {
    expect(deleted(nodeSecrets(secretsOf(['1', '10', 'x-1']), '1', ['10', 'x-1']))).toEqual([
      'etcd-peer-1',
      'etcd-serving-1',
      'etcd-serving-metrics-1',
    ]);
    expect(deleted(nodeSecrets(secretsOf(['cp-1', 'cp-2', 'x-cp-1']), 'cp-1', ['cp-2', 'x-cp-1']))).toHaveLength(3);
  });

  test('more of them in another version, learned from the other nodes; fewer too', () => {
    const prefixes = [...KNOWN, 'etcd-metrics-client'];
    expect(deleted(nodeSecrets(secretsOf(['a', 'b', 'c'], prefixes), 'b', ['a', 'c']))).toEqual([
      'etcd-metrics-client-b',
      'etcd-peer-b',
      'etcd-serving-b',
      'etcd-serving-metrics-b',
    ]);
    expect(deleted(nodeSecrets(secretsOf(['a', 'b', 'c'], ['etcd-peer']), 'b', ['a', 'c']))).toEqual(['etcd-peer-b']);
    expect(deleted(nodeSecrets([], 'b', ['a', 'c']))).toEqual([]);
  });

  test('what the other nodes have nothing like is left, and told', () => {
    const secrets = [...secretsOf(['a', 'b', 'c']), { name: 'etcd-own-b', uid: '1' }, { name: 'other-b', uid: '2' }];
    expect(nodeSecrets(secrets, 'b', ['a', 'c'])).toMatchObject({ left: ['etcd-own-b'] });
  });

  test('what every node shares is nobody’s', () => {
    const shared = ['etcd-all-certs', 'etcd-signer', 'etcd-client', 'etcd-metric-signer'].map((name) => ({
      name,
      uid: name,
    }));
    const found = nodeSecrets([...shared, ...secretsOf(['a', 'b', 'c'])], 'b', ['a', 'c']);
    expect(deleted(found)).toHaveLength(3);
  });

  test('a name that may be of two nodes stops it', () => {
    const nodes = ['cp-1', 'cp-2', 'metrics-cp-1'];
    expect(deleted(nodeSecrets(secretsOf(nodes), 'cp-1', ['cp-2', 'metrics-cp-1']))).toBe(
      'Secret etcd-serving-metrics-cp-1 may be of node cp-1 or of node metrics-cp-1',
    );
  });

  test('for any names of nodes: all of its own, none of another', () => {
    const name = stringMatching(/^[a-c1]{1,2}(-(metrics|serving|1|10|a)){0,2}$/);
    const prefixes = subarray([...KNOWN, 'etcd-x', 'etcd-peer-a']);
    assert(
      property(uniqueArray(name, { minLength: 2, maxLength: 5 }), prefixes, (nodes, used) => {
        const [node = '', ...others] = nodes;
        const own = new Set(used.map((prefix) => `${prefix}-${node}`));
        const foreign = new Set(others.flatMap((other) => used.map((prefix) => `${prefix}-${other}`)));
        const found = nodeSecrets(secretsOf(nodes, used), node, others);
        // It never refuses for nothing: a name is of two, or the node's own name ends like that of another.
        const all = [...KNOWN, ...used];
        const ofOthers = new Set(others.flatMap((other) => all.map((prefix) => `${prefix}-${other}`)));
        const mayBeShared =
          all.some((prefix) => ofOthers.has(`${prefix}-${node}`)) || others.some((other) => node.endsWith(`-${other}`));
        expect(found.ok || mayBeShared).toBe(true);
        if (!found.ok) return;
        const gone = found.delete.map((each) => each.name);
        expect(gone.filter((each) => foreign.has(each))).toEqual([]);
        expect(gone.every((each) => own.has(each))).toBe(true);
        expect([...own].filter((each) => !gone.includes(each))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
