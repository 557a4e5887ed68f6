import { describe, expect, test } from 'vitest';
import { DEFAULT_NODES } from '../../../../src/core/cluster-profile.ts';
import { advance, begin } from '../../../../src/core/drain/advance.ts';
import type { Cursor } from '../../../../src/core/drain/cursor.ts';
import { evictionSeen } from '../../../../src/core/drain/eviction-seen.ts';
import type { WaveLimits } from '../../../../src/core/drain/evictions.ts';
import type { DrainPod, DrainView } from '../../../../src/core/drain/view.ts';
import { nextWave, type Wave } from '../../../../src/core/drain/wave.ts';
import type { KubernetesErrorCode } from '../../../../src/core/ports/kubernetes.ts';
import { budgetOf, deployment, nodeOf, podOn, SAMPLE_MS, serverTime, viewOf } from '../../../support/drain-view.ts';

const CONSENTS = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };
const LIMITS: WaveLimits = { ...DEFAULT_NODES.drain, consents: CONSENTS };
const ONE = { name: 'worker-1', uid: 'uid-worker-1' };

function look(view: DrainView, cursor: Cursor = begin([ONE], SAMPLE_MS), nowMs = SAMPLE_MS, limits = LIMITS): Wave {
  return nextWave(view, advance(view, cursor, limits, nowMs), limits, nowMs);
}

function asked({ evict }: Wave): readonly string[] {
  return evict.map(({ pod }) => pod.name);
}

function refusal(code: KubernetesErrorCode, over: object = {}) {
  return { ok: false, error: { code, message: 'The server says no.', ...over } } as const;
}

/** A pod that came after the drain began. */
function late(index: number): DrainPod {
  return podOn('worker-1', `nginx-${index}`, { createdAt: serverTime(SAMPLE_MS + index * 5_000) });
}

const nodes = [nodeOf('worker-1')];
const pods = [podOn('worker-1', 'nginx-1'), podOn('worker-1', 'nginx-2')];

describe('who is asked', () => {
  test('as many as the budget allows, those who cost nothing first', () => {
    const waiting = podOn('worker-1', 'nginx-9', { phase: 'Pending', ready: false });
    const sick = podOn('worker-1', 'nginx-8', { ready: false });
    const view = viewOf({ nodes, pods: [...pods, sick, waiting], budgets: [budgetOf('nginx', 1)] });
    expect(look(view).evict.map(({ pod, budget }) => [pod.name, budget])).toEqual([
      ['nginx-9', null],
      ['nginx-8', 'web/nginx'],
      ['nginx-1', 'web/nginx'],
    ]);
  });

  test('nobody while budgets are not known, unless they are passed over', () => {
    const view = viewOf({ nodes, pods, budgets: null });
    expect(look(view)).toMatchObject({ evict: [], done: false });
    expect(look(view).words).toBe('draining worker-1: 2 pods left; budgets could not be listed, so nothing is evicted');
    const limits = { ...LIMITS, consents: { ...CONSENTS, ignoreBudgets: true } };
    expect(asked(look(view, undefined, SAMPLE_MS, limits))).toEqual(['nginx-1', 'nginx-2']);
  });

  test('nobody from a node that somebody uncordoned', () => {
    const wave = look(viewOf({ nodes: [nodeOf('worker-1', { cordoned: false })], pods }));
    expect(wave).toMatchObject({ evict: [], uncordoned: ['worker-1'] });
    expect(wave.words).toBe('draining worker-1: 2 pods left; it is not cordoned any more');
  });

  test('nobody from a node where one may not go', () => {
    const own = podOn('worker-1', 'shell-1', { owner: null });
    const wave = look(viewOf({ nodes, pods: [...pods, own] }));
    expect(wave).toMatchObject({ evict: [], refused: [{ name: 'shell-1' }] });
    expect(wave.words).toBe('draining worker-1: 3 pods left; pod web/shell-1 may not go: nobody makes it anew');
  });

  test('nobody from another machine that has the name now: the part of the node is over, and told', () => {
    const view = viewOf({ nodes: [nodeOf('worker-1', { uid: 'another' })], pods });
    expect(look(view)).toMatchObject({
      evict: [],
      done: true,
      gone: ['worker-1'],
      words: 'worker-1 is no longer there',
    });
  });

  test('a node that vanishes ends no drain of the others', () => {
    const two = begin([ONE, { name: 'worker-2', uid: 'uid-worker-2' }], SAMPLE_MS);
    const view = viewOf({ nodes: [nodeOf('worker-2')], pods: [...pods, podOn('worker-2', 'nginx-3')] });
    expect(asked(look(view, two))).toEqual(['nginx-3']);
    expect(look(view, two).lines).toEqual(['worker-1: no longer there', 'worker-2: 1 pod left']);
  });

  test('two budgets: never asked, and told', () => {
    const second = budgetOf('nginx', 5, { name: 'other', uid: 'uid-other' });
    const wave = look(viewOf({ nodes, pods, budgets: [budgetOf('nginx', 5), second] }));
    expect(wave.evict).toEqual([]);
    expect(wave.hopeless.map(({ pod, why }) => `${pod.name}: ${why}`)).toEqual([
      'nginx-1: several budgets select it',
      'nginx-2: several budgets select it',
    ]);
    expect(wave.words).toContain(
      'pod web/nginx-1 is under 2 budgets (web/nginx, web/other), which is never evicted; and 1 more',
    );
  });
});

describe('what the server answers', () => {
  const view = viewOf({ nodes, pods: pods.slice(0, 1), budgets: [budgetOf('nginx', 1)] });
  const first = look(view);
  const [pod = podOn('worker-1', 'nginx-1')] = view.pods;

  test.each<[KubernetesErrorCode, object, number]>([
    ['budget', {}, 1_000],
    ['budget', { retryAfterMs: 10_000 }, 10_000],
    ['throttled', { retryAfterMs: 3_000 }, 3_000],
    ['unreachable', {}, 5_000],
    ['terminating', {}, 5_000],
    ['refused', {}, 5_000],
    ['unknown-outcome', {}, 35_000],
  ])('after %s %o it is asked again, not earlier', (code, over, afterMs) => {
    const cursor = evictionSeen(first.cursor, pod, refusal(code, over), SAMPLE_MS);
    expect(asked(look(view, cursor, SAMPLE_MS + afterMs - 1))).toEqual([]);
    expect(asked(look(view, cursor, SAMPLE_MS + afterMs))).toEqual(['nginx-1']);
  });

  test('refusals in a row are asked less and less often, up to a minute', () => {
    let { cursor } = first;
    let nowMs = SAMPLE_MS;
    const pauses = Array.from({ length: 6 }, () => {
      cursor = evictionSeen(cursor, pod, refusal('terminating'), nowMs);
      const pauseMs = (cursor.asked[0]?.againMs ?? 0) - nowMs;
      nowMs += pauseMs;
      return pauseMs;
    });
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(look(view, cursor, nowMs)).toMatchObject({ hopeless: [] });
  });

  test.each<[KubernetesErrorCode, number]>([
    ['blocked-for-good', 1],
    ['forbidden', 1],
    ['refused', 5],
    ['quota', 5],
    ['conflict', 5],
  ])('%s does not pass by itself', (code, times) => {
    let { cursor } = first;
    for (let each = 0; each < times; each += 1) {
      expect(look(view, cursor).hopeless).toEqual([]);
      cursor = evictionSeen(cursor, pod, refusal(code), SAMPLE_MS);
    }
    expect(look(view, cursor).hopeless).toMatchObject([{ why: 'The server says no' }]);
  });

  test('one that is gone is not waited for, and one that was lost counts when it goes', () => {
    const gone = evictionSeen(first.cursor, pod, refusal('not-found'), SAMPLE_MS);
    expect(look({ ...view, pods: [] }, gone).cursor).toMatchObject({ asked: [], evicted: 0, refused: 0 });
    const unsure = evictionSeen(first.cursor, pod, refusal('unknown-outcome'), SAMPLE_MS);
    expect(look(view, unsure).cursor.evicted).toBe(0);
    expect(look({ ...view, pods: [] }, unsure).cursor).toMatchObject({ evicted: 1, asked: [] });
  });

  test('while an eviction may still arrive, its budget counts one less', () => {
    const both = viewOf({ nodes, pods, budgets: [budgetOf('nginx', 1)] });
    const unsure = evictionSeen(first.cursor, pod, refusal('unknown-outcome'), SAMPLE_MS);
    expect(asked(look(both, unsure))).toEqual([]);
    const counted = { ...both, budgets: [budgetOf('nginx', 1, { disruptedPods: ['nginx-1'] })] };
    expect(asked(look(counted, unsure))).toEqual(['nginx-2']);
  });

  test('no secret of an answer is kept', () => {
    const cursor = evictionSeen(
      first.cursor,
      pod,
      refusal('refused', { message: 'webhook said token=abcdef' }),
      SAMPLE_MS,
    );
    expect(JSON.stringify(cursor)).not.toContain('abcdef');
  });
});

describe('a pod that does not end', () => {
  const endsMs = SAMPLE_MS + 30_000;
  const ending = podOn('worker-1', 'nginx-1', { deletedAt: serverTime(endsMs) });
  const view = viewOf({
    nodes: [nodeOf('worker-1', { ready: 'unknown' })],
    pods: [ending, podOn('worker-1', 'nginx-2')],
  });

  test('is stuck when its time has been over for long enough by both clocks', () => {
    const { cursor } = look(view);
    expect(look(view, cursor, endsMs + 60_000).stuck).toEqual([]);
    expect(look(view, cursor, endsMs + 60_001).stuck).toMatchObject([{ forMs: 60_001, ready: 'unknown', dangers: [] }]);
    expect(look(view, begin([ONE], SAMPLE_MS), endsMs + 600_000).stuck).toEqual([]);
  });

  test('holds no place of those that may go', () => {
    const limits = { ...LIMITS, parallelPods: 1 };
    const { cursor } = look(view, undefined, SAMPLE_MS, limits);
    expect(asked(look(view, cursor, endsMs, limits))).toEqual([]);
    expect(asked(look(view, cursor, endsMs + 60_001, limits))).toEqual(['nginx-2']);
  });
});

describe('pods that come back', () => {
  test('are evicted twice, and then told of', () => {
    const workloads = deployment('nginx');
    let { cursor } = look(viewOf({ nodes, pods, workloads }));
    const rounds = [1, 2, 3, 4].map((index) => {
      const wave = look(viewOf({ nodes, pods: [late(index)], workloads }), cursor, SAMPLE_MS + index * 5_000);
      cursor = wave.cursor;
      return [asked(wave).length, wave.returning.length];
    });
    expect(rounds).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(look(viewOf({ nodes, pods: [late(4)], workloads }), cursor, SAMPLE_MS + 60_000).returning).toEqual([
      'Deployment web/nginx came back to node worker-1 4 times after its drain began: its pods tolerate the cordon',
    ]);
  });

  test('the same pod seen again is no other one', () => {
    let { cursor } = look(viewOf({ nodes, pods }));
    for (let each = 0; each < 5; each += 1) cursor = look(viewOf({ nodes, pods: [late(1)] }), cursor).cursor;
    expect(cursor.returned).toMatchObject([{ times: 1 }]);
  });
});

describe('times', () => {
  const view = viewOf({ nodes, pods, budgets: [budgetOf('nginx', 0)] });

  test('a node takes too long from its own beginning, all of them from theirs', () => {
    const { cursor } = look(view);
    expect(look(view, cursor, SAMPLE_MS + 30 * 60_000)).toMatchObject({ overdue: [], late: false });
    expect(look(view, cursor, SAMPLE_MS + 30 * 60_000 + 1)).toMatchObject({ overdue: ['worker-1'], late: false });
    expect(look(view, cursor, SAMPLE_MS + 4 * 3_600_000 + 1)).toMatchObject({ late: true });
    expect(look({ ...view, pods: [] }, cursor, SAMPLE_MS + 5 * 3_600_000)).toMatchObject({
      late: false,
      overdue: [],
      done: true,
    });
  });

  test('a look at many pods leaves the server more rest', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => podOn('worker-2', `api-${index}`));
    expect(look(viewOf({ nodes, pods: [...pods, ...many] })).waitMs).toBe(2_501);
  });

  test('the next look comes soon while something goes, and less and less often while nothing does', () => {
    const { cursor } = look(view);
    const pauses = [0, 10_000, 60_000, 600_000].map((ms) => look(view, cursor, SAMPLE_MS + ms).waitMs);
    expect(pauses).toEqual([2_000, 2_000, 6_000, 15_000]);
    expect(look(viewOf({ nodes, pods })).waitMs).toBe(1_000);
    const ending = podOn('worker-1', 'nginx-1', { deletedAt: serverTime(SAMPLE_MS + 30_000) });
    expect(look(viewOf({ nodes, pods: [ending] })).waitMs).toBe(1_000);
  });
});
