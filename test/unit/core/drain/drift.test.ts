import { assert, property, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetChanges, driftOf, newNodes } from '../../../../src/core/drain/drift.ts';
import { type Choice, DrainFacts, factsOf } from '../../../../src/core/drain/facts.ts';
import type { DrainView } from '../../../../src/core/drain/view.ts';
import {
  budgetOf,
  daemonSet,
  deployment,
  nodeOf,
  podOn,
  SAMPLE_AT,
  SAMPLE_MS,
  viewOf,
} from '../../../support/drain-view.ts';

const ALL = { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: false };
const proxy = daemonSet('proxy');
const own = podOn('worker-1', 'once-1', { owner: null });
const view = viewOf({
  nodes: [nodeOf('worker-1', { labels: { pool: 'a' } }), nodeOf('worker-2', { labels: { pool: 'b' } })],
  pods: [
    podOn('worker-1', 'nginx-1'),
    podOn('worker-1', 'nginx-2'),
    podOn('worker-1', 'cache-1', { emptyDirs: ['data'] }),
    podOn('worker-1', 'proxy-1', { owner: proxy.owner }),
    podOn('worker-1', 'old-1', { phase: 'Succeeded', owner: null }),
    podOn('worker-2', 'api-1'),
    own,
  ],
  budgets: [budgetOf('nginx', 2), budgetOf('api', 1)],
  workloads: [...deployment('nginx'), ...deployment('cache'), ...deployment('api'), proxy.workload],
});
const nodes = [{ name: 'worker-1', uid: 'uid-worker-1' }];
const POOL_A: Choice = {
  words: '--selector pool=a',
  mark: { by: 'selector', terms: [{ key: 'pool', value: 'a', is: true }] },
};

function facts(of: DrainView = view, consents = ALL, chosen = [POOL_A]): DrainFacts {
  return factsOf(of, nodes, { consents, chosen }, SAMPLE_MS);
}

function drift(now: DrainView, begun = false, approved = facts()): readonly string[] {
  return driftOf(approved, now, SAMPLE_MS, { begun });
}

/** The view, with other pods. */
function withPods(...pods: DrainView['pods']): DrainView {
  return { ...view, pods: [...view.pods, ...pods] };
}

describe('what an approval relies on', () => {
  test('owners at the root with what their pods lose, pods of their own, budgets with their spec; nothing that stays', () => {
    expect(facts()).toEqual({
      nodes,
      chosen: [POOL_A],
      owners: [
        { kind: 'Deployment', namespace: 'web', name: 'cache', uid: 'uid-cache', how: 'evict-with-data' },
        { kind: 'Deployment', namespace: 'web', name: 'nginx', uid: 'uid-nginx', how: 'evict' },
      ],
      pods: [{ namespace: 'web', name: 'once-1', uid: 'uid-once-1', how: 'evict' }],
      budgets: [
        {
          namespace: 'web',
          name: 'nginx',
          uid: 'uid-budget-nginx',
          spec: 'minAvailable 8 of app=nginx, IfHealthyBudget',
        },
      ],
      consents: ALL,
    });
    expect(DrainFacts.parse(facts())).toEqual(facts());
  });

  test('budgets that are not known are not "none"', () => {
    expect(facts({ ...view, budgets: null }).budgets).toBeNull();
  });

  test('reads the same in whatever order things were listed', () => {
    const { pods, budgets, workloads } = view;
    const all = shuffledSubarray([...pods], { minLength: pods.length });
    const some = shuffledSubarray([...workloads], { minLength: workloads.length });
    assert(
      property(all, some, (shuffled, makers) => {
        const other = { ...view, pods: shuffled, workloads: makers, budgets: (budgets ?? []).toReversed() };
        expect(facts(other)).toEqual(facts());
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is no drift', () => {
  test.each<[string, DrainView]>([
    ['the same look', view],
    ['other replicas of the same owners', withPods(podOn('worker-1', 'nginx-77'))],
    ['pods that left', { ...view, pods: [] }],
    ['a pod that has ended', withPods(podOn('worker-1', 'batch-1', { owner: null, phase: 'Failed' }))],
    ['a pod that goes already', withPods(podOn('worker-1', 'batch-1', { owner: null, deletedAt: SAMPLE_AT }))],
    ['a new pod of a DaemonSet', withPods(podOn('worker-1', 'proxy-2', { owner: proxy.owner }))],
    ['something new on another node', withPods(podOn('worker-2', 'new-1'))],
    ['figures of a budget', { ...view, budgets: [budgetOf('nginx', 0, { currentHealthy: 3 }), budgetOf('api', 0)] }],
    [
      'a change of a budget over other nodes',
      { ...view, budgets: [budgetOf('nginx', 2), budgetOf('api', 1, { minAvailable: 1 })] },
    ],
    ['budgets that could not be listed this time', { ...view, budgets: null }],
  ])('%s', (_, now) => {
    expect(drift(now)).toEqual([]);
    expect(drift(now, true)).toEqual([]);
  });
});

describe('what is drift', () => {
  test.each<[string, DrainView, readonly string[]]>([
    [
      'another owner',
      { ...withPods(podOn('worker-1', 'api-2')), budgets: [budgetOf('nginx', 2)] },
      ['Deployment web/api runs on node worker-1 and was not part of the plan'],
    ],
    [
      'the same name, made anew',
      withPods(podOn('worker-1', 'once-1', { uid: 'another', owner: null })),
      ['pod web/once-1 runs on node worker-1 and was not part of the plan'],
    ],
    [
      'an owner whose pods keep data now',
      withPods(podOn('worker-1', 'nginx-3', { emptyDirs: ['x'] }), podOn('worker-1', 'nginx-4', { emptyDirs: ['x'] })),
      ['Deployment web/nginx keeps data on node worker-1 now'],
    ],
    [
      'a DaemonSet that was deleted',
      { ...view, workloads: view.workloads.filter(({ kind }) => kind !== 'DaemonSet') },
      ['DaemonSet web/proxy runs on node worker-1 and was not part of the plan'],
    ],
  ])('%s', (_, now, expected) => {
    expect(drift(now)).toEqual(expected);
    expect(drift(now, true)).toEqual(expected);
  });

  test('what needs a consent that was not given', () => {
    const none = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };
    const calm = { ...view, pods: [podOn('worker-1', 'nginx-1')] };
    const now = { ...view, pods: [podOn('worker-1', 'nginx-1', { emptyDirs: ['x'] }), own] };
    expect(drift(now, true, facts(calm, none))).toEqual([
      'pod web/nginx-1 on node worker-1 may not go: its emptyDir data would be lost',
      'pod web/once-1 on node worker-1 may not go: nobody makes it anew',
    ]);
  });
});

describe('before anything was sent only', () => {
  test('nodes that vanish', () => {
    const gone = { ...view, nodes: view.nodes.slice(1) };
    const other = { ...view, nodes: [nodeOf('worker-1', { uid: 'another' })] };
    expect(drift(gone)).toEqual(['node worker-1 is no longer there']);
    expect(drift(other)).toEqual(['node worker-1 is another machine now']);
    expect([drift(gone, true), drift(other, true)]).toEqual([[], []]);
  });

  test('nodes that appear and fit what was chosen; later they are told', () => {
    const now = { ...view, nodes: [...view.nodes, nodeOf('worker-9', { labels: { pool: 'a' } })] };
    expect(drift(now)).toEqual(['node worker-9 is new and fits --selector pool=a']);
    expect(drift(now, true)).toEqual([]);
    expect(drift(now, false, facts(view, ALL, []))).toEqual([]);
  });

  test.each<[string, DrainView, string]>([
    [
      'changed',
      { ...view, budgets: [budgetOf('nginx', 2, { minAvailable: 6 }), budgetOf('api', 1)] },
      'budget web/nginx was changed: minAvailable 8 of app=nginx, IfHealthyBudget before, minAvailable 6 of app=nginx, IfHealthyBudget now',
    ],
    ['deleted', { ...view, budgets: [budgetOf('api', 1)] }, 'budget web/nginx is gone'],
  ])('a budget that was %s; later it is told', (_, now, words) => {
    expect(drift(now)).toEqual([words]);
    expect(drift(now, true)).toEqual([]);
    expect(budgetChanges(facts(), now)).toEqual([words]);
  });

  test('a new budget, which nobody asked about; where budgets are passed over, at any time', () => {
    const now = { ...view, budgets: [...(view.budgets ?? []), budgetOf('cache', 1)] };
    expect(drift(now)).toEqual(['budget web/cache is new']);
    expect(drift(now, true)).toEqual([]);
    expect(drift(now, true, facts(view, { ...ALL, ignoreBudgets: true }))).toEqual(['budget web/cache is new']);
  });
});

test('new nodes are those that fit and were not there before, a namesake too, each once', () => {
  const fits = { labels: { pool: 'a' } };
  const now = {
    ...view,
    nodes: [nodeOf('worker-3', fits), nodeOf('worker-1', { ...fits, uid: 'another' }), nodeOf('worker-2')],
  };
  const blue: Choice = {
    words: 'nodegroup/blue',
    mark: { by: 'group-label', labels: ['pool'], value: 'a', label: null },
  };
  expect(newNodes(now, { nodes, chosen: [POOL_A, blue] })).toEqual([
    { name: 'worker-1', fits: '--selector pool=a' },
    { name: 'worker-3', fits: '--selector pool=a' },
  ]);
  expect(newNodes(now, { nodes, chosen: [] })).toEqual([]);
});
