import { bodyOf, DEPLOYMENT, makeNamespace, POD, seedUnder, undeleted } from '../objects.ts';
import type { Topic } from '../replay.ts';

/** 05 Writes and refusals. */
export const WRITES: Topic = {
  topic: '05',
  setUp: (world) => makeNamespace(world, 'fx-writes'),
  before: {
    '05-20': (world) => world.must('POST', '/api/v1/namespaces/fx-writes/pods', POD('p1')),
    '05-40': (world) => seedUnder(world, 'pods', undeleted(bodyOf('05-40-dry-run-delete-pod'))),
    '05-21': (world) => world.must('POST', '/apis/apps/v1/namespaces/fx-writes/deployments', DEPLOYMENT('d1', 2)),
  },
  except: {
    '05-20': { places: /message/, because: 'the words end with a diff of the whole pod as the Go structure prints it' },
  },
};
