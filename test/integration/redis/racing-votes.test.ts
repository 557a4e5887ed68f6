import { expect, test } from 'vitest';
import { raceVotes } from '../../support/racing-votes.ts';

test.each([
  ['approvals only', false],
  ['approvals and rejections', true],
])('400 votes at once through four bots: one decision per gate, %s', async (_what, reject) => {
  const { runs, words, audited } = await raceVotes({ gates: 10, voters: 40, reject });

  expect(runs.map(({ types }) => types.filter((type) => type === 'gate-settled').length)).toEqual(runs.map(() => 1));
  const approved = runs.filter(({ state }) => state.gates[0]?.settled?.verdict === 'approved');
  expect(approved.map(({ state }) => new Set(state.gates[0]?.settled?.by.map(({ user }) => user)).size)).toEqual(
    approved.map(() => 3),
  );
  expect(words.filter((word) => word.ok && word.settled !== null)).toHaveLength(10);
  expect(words.filter((word) => word.ok).length + (audited.get('refusal') ?? 0)).toBe(400);
  expect(audited.get('decision')).toBe(10);
  expect(audited.get('vote')).toBe(words.filter((word) => word.ok).length);
});
