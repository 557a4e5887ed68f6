import { bodyOf, makeNamespace, seed, seedItems } from '../objects.ts';
import type { Topic } from '../replay.ts';

const EVENT = { kind: 'Event', apiVersion: 'v1' };

/** 16 Events. Those of other components are put there as they were recorded. */
export const EVENTS: Topic = {
  topic: '16',
  setUp: (world) => makeNamespace(world, 'fx-events'),
  given: ['16-05', '16-07', '16-08', '16-09'],
  trimmed: ['16-06'],
  before: {
    async '16-05'(world) {
      await world.must('DELETE', '/api/v1/namespaces/fx-events/events');
      await seedItems(world, 'events', EVENT, bodyOf('16-05-list-by-object'));
    },
    '16-07': (world) => seedItems(world, 'events', EVENT, bodyOf('16-07-failed-scheduling')),
    '16-08': (world) => seed(world, 'pods/fx-events/nofit', bodyOf('16-08-pod-unschedulable')),
    '16-09': (world) => seedItems(world, 'events', EVENT, bodyOf('16-09-node-events')),
  },
};
