import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../src/core/audit.ts';
import { actionWords, detailWords, isWorthTelling } from '../../../src/core/audit-words.ts';

function entry(over: Partial<AuditEntry>): AuditEntry {
  const none = { actor: null, cluster: 'prod', run: null, reason: null, detail: {} };
  return { v: 1, at: '2026-01-01T00:00:00.000Z', action: 'request', ...none, ...over };
}

describe('an entry in words', () => {
  test('what was typed first, then the reason, then what is there', () => {
    const detail = {
      dryRun: false,
      params: {},
      why: 'You have no role.',
      text: '/kube defrag prod',
      hash: 'abc',
      after: null,
    };
    expect(detailWords(entry({ reason: 'not-permitted', detail }), 500)).toBe(
      '/kube defrag prod; No policy rule permits this; You have no role.',
    );
    expect(detailWords(entry({ detail: { stepsDone: 1, by: ['U1', 'U2'], facts: { id: 1 } } }), 500)).toBe(
      'steps done: 1; by: U1, U2; facts: {"id":1}',
    );
    expect(detailWords(entry({}), 500)).toBe('');
  });

  test('a reason that this version does not know is named; a long text is cut with a mark, at a whole character', () => {
    expect(detailWords(entry({ reason: 'of-the-future' }), 500)).toBe('of-the-future');
    const cut = detailWords(entry({ detail: { note: '😀'.repeat(50) } }), 20);
    expect(cut.length).toBeLessThanOrEqual(20);
    expect(cut).toMatch(/…$/);
    expect(cut.isWellFormed()).toBe(true);
  });

  test('every action has words, also one that is not known here', () => {
    expect(actionWords(entry({ action: 'end' }))).toBe('Ended');
    expect(actionWords(entry({ action: 'policy-changed' }))).toBe('Policy changed');
  });

  test('what a person did is worth telling, but for single votes; what is not known is told', () => {
    const actor = { team: 'T', user: 'U' };
    expect(isWorthTelling(entry({ action: 'lock', actor }))).toBe(true);
    expect(isWorthTelling(entry({ action: 'lock' }))).toBe(false);
    expect(isWorthTelling(entry({ action: 'vote', actor }))).toBe(false);
    expect(isWorthTelling(entry({ action: 'schedule-fire', actor }))).toBe(false);
    expect(isWorthTelling(entry({ action: 'policy-changed' }))).toBe(true);
    expect(isWorthTelling(entry({ action: 'of-the-future' }))).toBe(true);
  });
});
