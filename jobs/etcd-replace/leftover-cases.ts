import { removeLeftoverStep } from '../steps/remove-leftover-step.ts';
import type { CaseBasis, CaseEntry, CasePart, CasePlan } from './case-plan.ts';
import { removalGate } from './gates.ts';
import { line, targetOf } from './lines.ts';

/** An entry that was added and never started. */
const dropUnstarted: CaseEntry = {
  id: 'drop-unstarted',
  watches: false,
  plan: async (_context, basis) => await Promise.resolve(planned(basis, 'unstarted')),
};

/** A learner that nobody promotes. */
const dropLearner: CaseEntry = {
  id: 'drop-learner',
  watches: false,
  plan: async (_context, basis) => await Promise.resolve(planned(basis, 'learner')),
};

/** Entries of the member list that nothing is behind. */
export const leftovers: CasePart = {
  cases: [dropUnstarted, dropLearner],
  steps: [removeLeftoverStep],
  cleanups: [],
  watches: [],
};

function planned(basis: CaseBasis, was: 'learner' | 'unstarted'): CasePlan {
  const target = targetOf(basis);
  if (target === null) return { lines: [], checks: [], facts: {}, notes: [] };
  const step = removeLeftoverStep.plan({ ring: basis.planned, mayJoin: null, target, was });
  const after =
    was === 'learner' ? 'it does not vote.' : 'it was added and never started, and counts as a voter that is away.';
  return {
    lines: [
      {
        ...line(step, 'Nothing answers at this entry, or depends on it.', 15_000),
        gates: [removalGate(target, after)],
      },
    ],
    checks: [],
    facts: {},
    notes: [
      'Only the entry goes. Whether another member is to be added is another question: look at the ring afterwards.',
    ],
  };
}
