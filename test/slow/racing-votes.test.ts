import { expect, test } from 'vitest';
import { raceVotes } from '../support/racing-votes.ts';

test('10,000 votes at once through four bots: one decision per gate, every vote answered and audited', async () => {
  const { runs, words, audited } = await raceVotes({ gates: 100, voters: 100, reject: true });

  expect(runs.flatMap(({ types }) => types.filter((type) => type === 'gate-settled'))).toHaveLength(100);
  expect(runs.every(({ types }) => types.at(-1) === 'gate-settled')).toBe(true);
  expect(words).toHaveLength(10_000);
  expect(words.filter((word) => word.ok && word.settled !== null)).toHaveLength(100);
  expect(words.filter((word) => word.ok).length + (audited.get('refusal') ?? 0)).toBe(10_000);
  expect(audited.get('decision')).toBe(100);
});
