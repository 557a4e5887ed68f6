import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { needsScale, reckoned, wantedBy } from '../../../../../playground/kubernetes/controllers/budget-status.ts';

const NOW = Date.parse('2026-11-21T13:50:00Z');

function budget(spec: object, status: object = {}): ApiObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', generation: 3 },
    spec,
    status,
  };
}

function pod(name: string, ready = true, more: object = {}): ApiObject {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...more }, status };
}

test.each([
  ['30 % of 4 may be missing: 2', { maxUnavailable: '30%' }, 4, 4, { expected: 4, desired: 2 }],
  ['none may be missing', { maxUnavailable: 0 }, 4, 4, { expected: 4, desired: 4 }],
  ['more may be missing than there are', { maxUnavailable: 9 }, 4, 4, { expected: 4, desired: 0 }],
  ['a number must be there, whatever the scale', { minAvailable: 1 }, 3, 0, { expected: 3, desired: 1 }],
  ['half must be there, rounded up', { minAvailable: '50%' }, 3, 3, { expected: 3, desired: 2 }],
  ['neither is said', {}, 3, 3, { expected: 0, desired: 0 }],
])('%s', (_, spec, pods, scale, expected) => {
  expect(wantedBy(budget(spec), pods, scale)).toEqual(expected);
});

test('what is no number is said', () => {
  expect(wantedBy(budget({ maxUnavailable: 'half' }), 1, 1)).toBe('invalid value for IntOrString: "half"');
});

test('only a share of a whole needs the scale', () => {
  const specs = [{ maxUnavailable: 1 }, { minAvailable: '50%' }, { minAvailable: 1 }];

  expect(specs.map((spec) => needsScale(budget(spec)))).toEqual([true, true, false]);
});

test('pods that go, that are let go and that are not ready are not counted', () => {
  const disruptedPods = { c: '2026-11-21T13:49:30Z', late: '2026-11-21T13:40:00Z', gone: '2026-11-21T13:49:30Z' };
  const pods = [
    pod('a'),
    pod('b', false),
    pod('c'),
    pod('d', true, { deletionTimestamp: '2026-11-21T13:50:20Z' }),
    pod('late'),
  ];
  const { status, again } = reckoned(budget({}, { disruptedPods }), pods, { expected: 5, desired: 1 }, NOW);

  expect(status).toMatchObject({
    observedGeneration: 3,
    currentHealthy: 2,
    disruptionsAllowed: 1,
    disruptedPods: { c: '2026-11-21T13:49:30Z' },
    conditions: [{ status: 'True', reason: 'SufficientPods', observedGeneration: 3 }],
  });
  expect(Object.keys(Object(status['disruptedPods']))).toEqual(['c']);
  expect(again).toBe(Date.parse('2026-11-21T13:51:30Z'));
});

test('a budget of pods that nobody expects allows nothing', () => {
  const { status } = reckoned(budget({}), [pod('a'), pod('b')], { expected: 0, desired: 0 }, NOW);

  expect(status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, conditions: [{ status: 'False' }] });
});

test('what is allowed leaves as many as are desired', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 12 }), fc.nat(12), fc.nat(12), (ready, expected, desired) => {
      const pods = ready.map((each, index) => pod(`p-${index}`, each));
      const { status } = reckoned(budget({}), pods, { expected, desired }, NOW);
      const allowed = Number(status['disruptionsAllowed']);
      const healthy = ready.filter(Boolean).length;

      expect(allowed).toBeGreaterThanOrEqual(0);
      expect(allowed === 0 || healthy - allowed >= desired).toBe(true);
      expect(allowed === 0 || expected > 0).toBe(true);
    }),
  );
});

test('the same world twice changes nothing, so that the controller comes to rest', () => {
  const wanted = { expected: 2, desired: 1 };
  const first = reckoned(budget({}), [pod('a'), pod('b')], wanted, NOW);
  const second = reckoned(budget({}, first.status), [pod('a'), pod('b')], wanted, NOW + 60_000);

  expect(second.status).toEqual(first.status);
});
