import { array, assert, constantFrom, dictionary, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_NODES } from '../../../../src/core/cluster-profile.ts';
import { advance, begin } from '../../../../src/core/drain/advance.ts';
import { drainChecks } from '../../../../src/core/drain/checks.ts';
import { budgetsOver, podsUnder } from '../../../../src/core/drain/coverage.ts';
import { driftOf } from '../../../../src/core/drain/drift.ts';
import { factsOf } from '../../../../src/core/drain/facts.ts';
import { nextWave } from '../../../../src/core/drain/wave.ts';
import { isEmptySelector, type LabelSelector, selects } from '../../../../src/core/kubernetes/label-selector.ts';
import { budgetOf, deployment, nodeOf, podOn, SAMPLE_MS, selectorOf, viewOf } from '../../../support/drain-view.ts';

const CONSENTS = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };

test('budgets over a pod are those that a comparison with every one of them gives', () => {
  const labels = dictionary(constantFrom('app', 'tier'), constantFrom('a', 'b', ''));
  const expression = record({
    key: constantFrom('app', 'tier'),
    operator: constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: array(constantFrom('a', 'b')),
  });
  const selector = record({ matchLabels: labels, matchExpressions: array(expression, { maxLength: 2 }) });
  const namespace = constantFrom('web', 'db');
  assert(
    property(
      array(record({ selector, namespace }), { maxLength: 6 }),
      array(record({ labels, namespace }), { maxLength: 6 }),
      (some, others) => {
        const budgets = some.map((over, index) => budgetOf(`b${index}`, 1, over));
        const pods = others.map((over, index) => podOn('worker-1', `p-${index}`, over));
        const view = viewOf({ budgets, pods });
        for (const pod of pods) {
          const expected = budgets.filter(({ selector: wanted, namespace: home }) => {
            return wanted !== null && home === pod.namespace && !isEmptySelector(wanted) && selects(wanted, pod.labels);
          });
          expect(new Set(budgetsOver(view, pod))).toEqual(new Set(expected));
        }
        for (const budget of budgets) {
          expect(podsUnder(view, budget)).toEqual(pods.filter((pod) => budgetsOver(view, pod).includes(budget)));
        }
      },
    ),
  );
});

test('5,000 pods under 200 budgets: each pod is compared with the budgets that ask for its label, once in a whole turn', () => {
  let compared = 0;
  const counting = (app: string): LabelSelector => {
    const { matchLabels } = selectorOf({ app });
    return Object.defineProperty({ matchLabels, matchExpressions: [] }, 'matchLabels', {
      get: () => {
        compared += 1;
        return matchLabels;
      },
    });
  };
  const apps = Array.from({ length: 200 }, (_, index) => `app${index}`);
  const nodes = Array.from({ length: 100 }, (_, index) => nodeOf(`worker-${index}`));
  const view = viewOf({
    nodes,
    pods: Array.from({ length: 5_000 }, (_, index) => podOn(`worker-${index % 100}`, `app${index % 200}-${index}`)),
    budgets: apps.map((app) => budgetOf(app, 2, { selector: counting(app) })),
    workloads: apps.flatMap((app) => deployment(app, 25)),
  });
  const limits = { ...DEFAULT_NODES.drain, consents: CONSENTS };
  const facts = factsOf(view, nodes, { consents: CONSENTS, chosen: [] }, SAMPLE_MS);
  expect(driftOf(facts, view, SAMPLE_MS, { begun: false })).toEqual([]);
  const cursor = advance(view, begin(nodes, SAMPLE_MS), limits, SAMPLE_MS);
  expect(nextWave(view, cursor, limits, SAMPLE_MS).evict.length).toBeGreaterThan(0);
  const names = nodes.map(({ name }) => name);
  drainChecks(view, names, { consents: CONSENTS, dryRun: null, purpose: 'drain' }, SAMPLE_MS);
  expect(compared).toBeLessThan(10_000);
});
