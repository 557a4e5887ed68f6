import { bodyOf, makeNamespace, seed } from '../objects.ts';
import type { Topic } from '../replay.ts';

const KEY = 'poddisruptionbudgets/fx-pdb';

/** 10 PodDisruptionBudget. What the disruption controller wrote is put there as it was recorded. */
export const BUDGETS: Topic = {
  topic: '10',
  given: ['10-02', '10-03', '10-06'],
  setUp: (world) => makeNamespace(world, 'fx-pdb'),
  before: {
    '10-02': (world) => seed(world, `${KEY}/web`, bodyOf('10-02-status')),
    '10-03': (world) => seed(world, `${KEY}/web`, bodyOf('10-03-status-blocked')),
    '10-06': (world) => seed(world, `${KEY}/none`, bodyOf('10-06-no-pods-status')),
  },
};
