import { expect, test } from 'vitest';
import { nextRollout, type PodState } from '../../../../playground/openshift/operator/rollout.ts';

function at(nodeName: string, currentRevision: number, targetRevision = 0) {
  return { nodeName, currentRevision, targetRevision };
}

function view(
  statuses: readonly ReturnType<typeof at>[],
  latest: number,
  pods: Readonly<Record<string, PodState>>,
  notReady: readonly string[] = [],
) {
  return {
    statuses,
    latest,
    pod: (node: string) => pods[node] ?? { revision: 0, isReady: false },
    isNodeReady: (node: string) => !notReady.includes(node),
  };
}

const READY = { revision: 1, isReady: true };

test('nothing is installed while all are at the newest revision', () => {
  const all = [at('cp-1', 1), at('cp-2', 1)];
  expect(nextRollout(view(all, 1, { 'cp-1': READY }))).toEqual({ statuses: all, install: null });
});

test('a node without a pod comes first, then one whose pod is not ready', () => {
  const all = [at('cp-1', 1), at('cp-2', 1), at('cp-3', 1)];
  const pods = { 'cp-1': READY, 'cp-2': { revision: 1, isReady: false } };
  expect(nextRollout(view(all, 2, pods)).install).toBe('cp-3');
  expect(nextRollout(view(all, 2, { ...pods, 'cp-3': READY })).install).toBe('cp-2');
});

test('the next node waits until the pod of the one before is ready at its revision', () => {
  const all = [at('cp-1', 1, 2), at('cp-2', 1)];
  const before = nextRollout(view(all, 2, { 'cp-1': { revision: 2, isReady: false }, 'cp-2': READY }));
  const after = nextRollout(view(all, 2, { 'cp-1': { revision: 2, isReady: true }, 'cp-2': READY }));
  expect(before).toEqual({ statuses: all, install: null });
  expect(after).toEqual({ statuses: [at('cp-1', 2), at('cp-2', 1, 2)], install: 'cp-2' });
});

test('a newer revision replaces the one that is being installed', () => {
  const step = nextRollout(view([at('cp-1', 1, 2), at('cp-2', 1)], 3, { 'cp-1': { revision: 2, isReady: false } }));
  expect(step).toEqual({ statuses: [at('cp-1', 1, 3), at('cp-2', 1)], install: 'cp-1' });
});

test('a node that is not ready has nobody to install', () => {
  const step = nextRollout(view([at('cp-1', 1), at('cp-2', 1)], 2, { 'cp-2': READY }, ['cp-1']));
  expect(step.install).toBe('cp-2');
});
