import { describe, expect, test } from 'vitest';
import { classify, lossesOf } from '../../../../src/core/drain/classify.ts';
import type { DrainConsents, DrainPod } from '../../../../src/core/drain/view.ts';
import { daemonSet, podOn, SAMPLE_MS, serverTime, viewOf } from '../../../support/drain-view.ts';

const NONE = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };
const EMPTY_DIR = { ...NONE, deleteEmptyDir: true };
const UNMANAGED = { ...NONE, unmanaged: true };
const ALL = { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: true };
const proxy = daemonSet('proxy');
const view = viewOf({ workloads: [proxy.workload] });
const lost = { ...proxy.owner, name: 'lost' };

function classOf(over: Partial<DrainPod>, consents: DrainConsents = NONE) {
  return classify(podOn('worker-1', 'x-1', over), { view, consents, nowMs: SAMPLE_MS });
}

describe("kubectl's filters, each with its rule", () => {
  test.each<[string, Partial<DrainPod>, typeof NONE, object]>([
    ['a replica goes', {}, NONE, { kind: 'evict', losing: [] }],
    ['a pod of a DaemonSet stays', { owner: proxy.owner }, ALL, { kind: 'skip', why: 'daemon-set' }],
    ['one that has ended goes', { owner: proxy.owner, phase: 'Failed' }, NONE, { kind: 'evict', losing: [] }],
    ['a DaemonSet that is gone', { owner: lost }, EMPTY_DIR, { kind: 'refuse', why: 'daemon-set-missing' }],
    [
      'a DaemonSet that is gone, with consent',
      { owner: lost },
      UNMANAGED,
      { kind: 'evict', losing: ['daemon-set-missing'] },
    ],
    [
      'a DaemonSet of another namespace is another one',
      { owner: proxy.owner, namespace: 'db' },
      NONE,
      { kind: 'refuse', why: 'daemon-set-missing' },
    ],
    ['a static pod stays', { mirror: true, owner: null, emptyDirs: ['a'] }, NONE, { kind: 'skip', why: 'mirror' }],
    ['emptyDir', { emptyDirs: ['cache'] }, UNMANAGED, { kind: 'refuse', why: 'local-storage' }],
    ['emptyDir with consent', { emptyDirs: ['cache'] }, EMPTY_DIR, { kind: 'evict', losing: ['local-storage'] }],
    [
      'emptyDir of a pod that has ended',
      { emptyDirs: ['cache'], phase: 'Succeeded' },
      NONE,
      { kind: 'evict', losing: [] },
    ],
    ['a pod of its own', { owner: null }, EMPTY_DIR, { kind: 'refuse', why: 'unmanaged' }],
    ['a pod of its own, with consent', { owner: null }, UNMANAGED, { kind: 'evict', losing: ['unmanaged'] }],
    ['a pod of its own that has ended', { owner: null, phase: 'Succeeded' }, NONE, { kind: 'evict', losing: [] }],
    ['an unknown phase has not ended', { owner: null, phase: 'Unknown' }, NONE, { kind: 'refuse', why: 'unmanaged' }],
  ])('%s', (_, over, consents, expected) => {
    expect(classOf(over, consents)).toEqual(expected);
  });
});

describe('their order', () => {
  test('a DaemonSet that is gone comes before data, and data before owners', () => {
    expect(classOf({ owner: lost, emptyDirs: ['a'] })).toEqual({ kind: 'refuse', why: 'daemon-set-missing' });
    expect(classOf({ owner: null, emptyDirs: ['a'] })).toEqual({ kind: 'refuse', why: 'local-storage' });
  });

  test('a DaemonSet with data stays, and is not asked about', () => {
    expect(classOf({ owner: proxy.owner, emptyDirs: ['a'] })).toEqual({ kind: 'skip', why: 'daemon-set' });
  });

  test('every loss is named, where kubectl forgets the first warning', () => {
    expect(classOf({ owner: null, emptyDirs: ['a'] }, ALL)).toEqual({
      kind: 'evict',
      losing: ['local-storage', 'unmanaged'],
    });
    expect(lossesOf(podOn('worker-1', 'x-1', { owner: lost, emptyDirs: ['a'] }), view)).toEqual([
      'daemon-set-missing',
      'local-storage',
    ]);
  });
});

describe('pods that end already', () => {
  const deletedAt = serverTime(SAMPLE_MS - 61_000);

  test('are waited for', () => {
    expect(classOf({ deletedAt })).toEqual({ kind: 'evict', losing: [] });
    expect(classOf({ deletedAt }, { ...NONE, skipEndingMs: 61_000 })).toEqual({ kind: 'evict', losing: [] });
  });

  test('are skipped before every other rule, longer after the end of their time than was asked for', () => {
    expect(classOf({ deletedAt, owner: null }, { ...NONE, skipEndingMs: 60_999 })).toEqual({
      kind: 'skip',
      why: 'terminating-long',
    });
    expect(classOf({ owner: null }, { ...NONE, skipEndingMs: 60_999 })).toEqual({ kind: 'refuse', why: 'unmanaged' });
  });
});
