import { describe, expect, test } from 'vitest';
import { DEFAULT_NODES } from '../../../../src/core/cluster-profile.ts';
import { advance, begin } from '../../../../src/core/drain/advance.ts';
import { evictionSeen } from '../../../../src/core/drain/eviction-seen.ts';
import type { WaveLimits } from '../../../../src/core/drain/evictions.ts';
import { type Budget, type DrainPod, type DrainView, NO_CONSENTS } from '../../../../src/core/drain/view.ts';
import { nextWave } from '../../../../src/core/drain/wave.ts';
import {
  blockedWords,
  budgetWords,
  forceWords,
  partsOf,
  someOf,
  stuckWords,
} from '../../../../src/core/drain/words.ts';
import { budgetOf, nodeOf, podOn, SAMPLE_MS, serverTime, viewOf } from '../../../support/drain-view.ts';

const LIMITS: WaveLimits = { ...DEFAULT_NODES.drain, consents: NO_CONSENTS };
const nodes = [nodeOf('worker-1'), nodeOf('worker-2'), nodeOf('worker-3')];

function podsOn(node: string, count: number, over: Partial<DrainPod> = {}): readonly DrainPod[] {
  return Array.from({ length: count }, (_, index) => podOn(node, `nginx-${node.at(-1)}.${index}`, over));
}

function blocked(view: DrainView): string {
  return blockedWords(view, 'worker-2', NO_CONSENTS, SAMPLE_MS);
}

describe('what holds a node up', () => {
  test.each<[string, Partial<DrainView>, string]>([
    [
      'a budget',
      { pods: podsOn('worker-2', 2), budgets: [budgetOf('nginx', 0)] },
      'draining worker-2: 2 pods left; budget web/nginx allows 0 now (8 of 8 needed healthy)',
    ],
    ['nothing but time', { pods: podsOn('worker-2', 1) }, 'draining worker-2: 1 pod left'],
    [
      'pods that end',
      { pods: [...podsOn('worker-2', 2, { deletedAt: serverTime(SAMPLE_MS) }), podOn('worker-2', 'api-1')] },
      'draining worker-2: 3 pods left; 2 are ending',
    ],
    [
      'many budgets',
      {
        pods: ['a', 'b', 'c', 'd'].map((app) => podOn('worker-2', `${app}-1`)),
        budgets: ['a', 'b', 'c', 'd'].map((app) => budgetOf(app, 0)),
      },
      'draining worker-2: 4 pods left; budget web/a allows 0 now (8 of 8 needed healthy); ' +
        'budget web/b allows 0 now (8 of 8 needed healthy); 2 more budgets in the way',
    ],
    ['nothing', { pods: podsOn('worker-1', 3) }, 'worker-2 is empty'],
    ['nothing is there', { nodes: nodes.slice(0, 1) }, 'node worker-2 is no longer there'],
  ])('%s', (_, over, expected) => {
    expect(blocked(viewOf({ nodes, ...over }))).toBe(expected);
  });
});

describe('where a budget stands', () => {
  test.each<[number, Partial<Budget>, string]>([
    [2, {}, 'budget web/nginx allows 2 now'],
    [2, { generation: 2 }, 'budget web/nginx was changed and is not counted yet'],
    [-1, {}, 'budget web/nginx lets nothing go: it allows less than nothing'],
    [0, { syncFailed: 'found no controllers' }, 'budget web/nginx lets nothing go: found no controllers'],
    [
      0,
      { maxUnavailable: 0, minAvailable: null },
      'budget web/nginx never allows an eviction (maxUnavailable 0): no pod of it may be away',
    ],
    [
      0,
      { maxUnavailable: 1, minAvailable: null, expectedPods: 0, desiredHealthy: 0 },
      'budget web/nginx never allows an eviction (maxUnavailable 1): its pods have no controller, so their number cannot be told',
    ],
  ])('%i %o', (allowed, over, expected) => {
    expect(budgetWords(viewOf(), budgetOf('nginx', allowed, over))).toBe(expected);
  });
});

describe('several nodes', () => {
  const view = viewOf({
    nodes,
    pods: [...podsOn('worker-2', 2), ...podsOn('worker-3', 40)],
    budgets: [budgetOf('nginx', 0)],
  });

  function waveOf(now: DrainView, limits = LIMITS) {
    return nextWave(now, advance(now, begin(nodes, SAMPLE_MS), limits, SAMPLE_MS), limits, SAMPLE_MS);
  }

  test('one line for all, one for each', () => {
    const { words, lines } = waveOf(view, { ...LIMITS, parallelNodes: 1 });
    expect(words).toBe('1 of 3 nodes empty, 42 pods left; budget web/nginx allows 0 now (8 of 8 needed healthy)');
    expect(lines).toEqual([
      'worker-1: empty',
      'worker-2: 2 pods left; budget web/nginx allows 0 now (8 of 8 needed healthy)',
      'worker-3: waits its turn, 40 pods',
    ]);
  });

  test('in the end', () => {
    expect(waveOf(viewOf({ nodes })).words).toBe('all 3 nodes are empty');
    expect(waveOf(viewOf({ nodes: nodes.slice(1) })).words).toBe('worker-1 is no longer there; the others are empty');
    expect(waveOf(viewOf()).words).toBe('worker-1, worker-2, worker-3 are no longer there');
  });

  test('what the server says where no budget explains it, from the second time on', () => {
    const open = { ...view, budgets: [budgetOf('nginx', 1)] };
    const refusal = { ok: false, error: { code: 'refused', message: 'admission webhook "keep" denied it.' } } as const;
    const [pod = podOn('worker-2', 'none-1')] = open.pods;
    const once = evictionSeen(waveOf(open).cursor, pod, refusal, SAMPLE_MS);
    const twice = evictionSeen(once, pod, refusal, SAMPLE_MS);
    expect(nextWave(open, once, LIMITS, SAMPLE_MS).words).toBe('1 of 3 nodes empty, 42 pods left');
    expect(nextWave(open, twice, LIMITS, SAMPLE_MS).words).toBe(
      '1 of 3 nodes empty, 42 pods left; web/nginx-2.0 is refused: admission webhook "keep" denied it',
    );
  });
});

test('a pod that does not end, with all that could be lost', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'db' };
  const plain = { pod: podOn('worker-2', 'db-0'), forMs: 200_000, ready: 'yes', dangers: [] } as const;
  expect(stuckWords(plain)).toBe('pod web/db-0 on node worker-2 should have ended 3 min 20 s ago');
  expect(stuckWords({ ...plain, ready: 'no' })).toContain('on node worker-2 (not ready)');
  const pod = podOn('worker-2', 'db-0', {
    owner,
    claims: ['data-db-0'],
    finalizers: ['x/y'],
    deletedAt: serverTime(SAMPLE_MS),
  });
  const view = viewOf({ nodes: [nodeOf('worker-2', { ready: 'unknown' })], pods: [pod] });
  const first = nextWave(
    view,
    advance(view, begin([nodeOf('worker-2')], SAMPLE_MS), LIMITS, SAMPLE_MS),
    LIMITS,
    SAMPLE_MS,
  );
  const late = SAMPLE_MS + 90_000;
  const { stuck, words } = nextWave(view, advance(view, first.cursor, LIMITS, late), LIMITS, late);
  expect(stuck.map(stuckWords)).toEqual([
    'pod web/db-0 on node worker-2 (its kubelet is silent) should have ended 1 min 30 s ago; it waits for its finalizers (x/y); ' +
      'it belongs to a StatefulSet: two of the same name could run at once; its volumes (data-db-0) could be written by two pods at once',
  ]);
  expect(words).toBe('draining worker-2: 1 pod left; web/db-0 should have ended 1 min 30 s ago; 1 is ending');
});

test('whoever decides about force reads the dangers first, and the dangerous pods before the others', () => {
  const sets = ['two of the same name could run at once', 'two could write data-db-0'];
  const plain = { pod: podOn('worker-2', 'api-1'), forMs: 200_000, ready: 'yes', dangers: [] } as const;
  const silent = { ...plain, pod: podOn('worker-3', 'api-2'), ready: 'unknown' } as const;
  const worst = { ...silent, pod: podOn('worker-3', 'db-0', { finalizers: ['x/y'] }), dangers: sets };
  const said = forceWords([plain, silent, worst]);

  expect(said.map(({ pod }) => pod.name)).toEqual(['db-0', 'api-2', 'api-1']);
  expect(said.map(({ words }) => words)).toEqual([
    'Danger: its node does not answer: its process may still run there; two of the same name could run at once; two could write data-db-0. Pod web/db-0 on node worker-3 (its kubelet is silent) should have ended 3 min 20 s ago; it waits for its finalizers (x/y).',
    'Danger: its node does not answer: its process may still run there. Pod web/api-2 on node worker-3 (its kubelet is silent) should have ended 3 min 20 s ago.',
    'Pod web/api-1 on node worker-2 should have ended 3 min 20 s ago.',
  ]);
});

test('long lists end in a count', () => {
  expect(someOf(['a', 'b'])).toBe('a, b');
  expect(someOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 more');
  expect(partsOf(['a', 'b', 'c'], 1)).toBe('a; and 2 more');
  expect(partsOf(['a'], 1)).toBe('a');
});
