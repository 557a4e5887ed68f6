import { describe, expect, test } from 'vitest';
import { mayRunOn, Placement, toleratesCordon } from '../../../../src/core/drain/placement.ts';

const PLACE = { name: 'worker-1', labels: { pool: 'a', cores: '8' }, taints: [] };

function affinity(...nodeSelectorTerms: readonly object[]): Placement {
  return Placement.parse({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
}

describe('where a pod may run', () => {
  test.each<[string, Placement, boolean]>([
    ['anywhere', {}, true],
    ['its selector fits', { nodeSelector: { pool: 'a' } }, true],
    ['its selector does not', { nodeSelector: { pool: 'a', disk: 'ssd' } }, false],
    [
      'one term is enough',
      affinity(
        { matchExpressions: [{ key: 'pool', operator: 'In', values: ['b'] }] },
        { matchExpressions: [{ key: 'pool', operator: 'Exists' }] },
      ),
      true,
    ],
    [
      'all of a term must fit',
      affinity({
        matchExpressions: [
          { key: 'pool', operator: 'Exists' },
          { key: 'disk', operator: 'Exists' },
        ],
      }),
      false,
    ],
    ['an empty term fits nothing', affinity({}), false],
    ['more than', affinity({ matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['7'] }] }), true],
    [
      'more than, as numbers',
      affinity({ matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['16'] }] }),
      false,
    ],
    ['less than', affinity({ matchExpressions: [{ key: 'cores', operator: 'Lt', values: ['16'] }] }), true],
    [
      'less than, without the label',
      affinity({ matchExpressions: [{ key: 'gpus', operator: 'Lt', values: ['16'] }] }),
      false,
    ],
    [
      'this node by name',
      affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['worker-1'] }] }),
      true,
    ],
    [
      'another node by name',
      affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['worker-2'] }] }),
      false,
    ],
  ])('%s', (_, placement, fits) => {
    expect(mayRunOn(placement, PLACE)).toBe(fits);
  });
});

describe('taints', () => {
  const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

  test.each<[string, object[], boolean]>([
    ['nothing is tolerated', [], false],
    ['equal', [{ key: 'gpu', operator: 'Equal', value: 'yes' }], true],
    ['equal is what no operator means', [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }], true],
    ['another value', [{ key: 'gpu', value: 'no' }], false],
    ['exists', [{ key: 'gpu', operator: 'Exists' }], true],
    ['another effect', [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }], false],
    ['everything', [{ operator: 'Exists' }], true],
    ['an empty key that does not say Exists', [{ value: 'yes' }], false],
  ])('%s', (_, tolerations, fits) => {
    const placement = Placement.parse({ tolerations });
    expect(mayRunOn(placement, { ...PLACE, taints: [taint] })).toBe(fits);
    expect(mayRunOn(placement, { ...PLACE, taints: [{ ...taint, effect: 'PreferNoSchedule' }] })).toBe(true);
  });

  test('that of a cordon which is over does not count', () => {
    const stale = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };
    expect(mayRunOn({}, { ...PLACE, taints: [stale] })).toBe(true);
    expect(mayRunOn({}, { ...PLACE, taints: [stale, taint] })).toBe(false);
  });

  test('a cordon keeps ordinary pods away', () => {
    expect(toleratesCordon({})).toBe(false);
    expect(toleratesCordon(Placement.parse({ tolerations: [{ operator: 'Exists' }] }))).toBe(true);
    const key = 'node.kubernetes.io/unschedulable';
    expect(toleratesCordon(Placement.parse({ tolerations: [{ key, operator: 'Exists', effect: 'NoSchedule' }] }))).toBe(
      true,
    );
  });
});
