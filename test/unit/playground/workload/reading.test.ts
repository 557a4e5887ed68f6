import { expect, test } from 'vitest';
import { BEHAVIOUR } from '../../../../playground/kubernetes/node/programs.ts';
import { workloadObjects } from '../../../../playground/workload/objects.ts';
import { heldBy, oneOfEachNode, sampleOf } from '../../../../playground/workload/reading.ts';

interface PodFacts {
  readonly node?: string;
  readonly ready?: boolean;
  readonly ending?: boolean;
  readonly finalizers?: readonly string[];
}

function pod(name: string, { node, ready = true, ending = false, finalizers }: PodFacts = {}): unknown {
  return {
    metadata: {
      name,
      ...(ending ? { deletionTimestamp: '2026-11-22T12:00:00Z' } : {}),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: node === undefined ? {} : { nodeName: node },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

function nodeOf(kubeletVersion: string): unknown {
  return { status: { nodeInfo: { kubeletVersion } } };
}

test('ready pods that end do not count, as for a budget', () => {
  const pods = [pod('a'), pod('b', { ready: false }), pod('c', { ending: true }), pod('d')];
  const seen = { pods, nodes: [], deployment: { spec: { replicas: 10 } }, budget: { status: { desiredHealthy: 8 } } };

  expect(sampleOf(seen, 7)).toEqual({ at: 7, ready: 2, needed: 8, wanted: 10, nodes: [] });
});

test('what is not there, or was not looked at yet, has no say', () => {
  const seen = { pods: [], nodes: [{}], deployment: undefined, budget: { spec: { minAvailable: 8 } } };

  expect(sampleOf(seen, 7)).toEqual({ at: 7, ready: 0, needed: null, wanted: 0, nodes: [] });
});

test('nodes are counted by version, in the order of versions and not of letters', () => {
  const nodes = ['v1.10.0', 'v1.9.7', 'v1.10.0'].map(nodeOf);

  expect(sampleOf({ pods: [], nodes, deployment: {}, budget: {} }, 0).nodes).toEqual([
    { version: 'v1.9.7', count: 1 },
    { version: 'v1.10.0', count: 2 },
  ]);
});

test('one pod of each node is chosen, none that ends and none without a node', () => {
  const pods = [
    pod('d', { node: 'w-2' }),
    pod('b', { node: 'w-1' }),
    pod('a', { node: 'w-1', ending: true }),
    pod('c', { node: 'w-1' }),
    pod('e'),
  ];

  expect(oneOfEachNode(pods)).toEqual(['b', 'd']);
});

test('only the finalizer that was asked for is taken away', () => {
  const pods = [pod('a', { finalizers: ['x', 'held'] }), pod('b', { finalizers: ['x'] }), pod('c')];

  expect(heldBy(pods, 'held')).toEqual([{ name: 'a', rest: ['x'] }]);
});

test('ten pods of which eight are needed, one selector for all, times that can be seen', () => {
  const [namespace, budget, deployment] = workloadObjects().map(({ object }) => object);

  expect(namespace).toMatchObject({ kind: 'Namespace', metadata: { name: 'web' } });
  expect(budget).toMatchObject({ spec: { minAvailable: 8, selector: { matchLabels: { app: 'nginx' } } } });
  expect(deployment).toMatchObject({
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: 'nginx' } },
      template: { metadata: { labels: { app: 'nginx' }, annotations: { [BEHAVIOUR]: expect.stringContaining('1') } } },
    },
  });
});
