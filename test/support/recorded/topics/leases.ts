import { makeNamespace } from '../objects.ts';
import type { Topic } from '../replay.ts';

const WHOLE_OBJECT = { places: /message/, because: 'the words hold the whole object in the order of the Go structure' };

/** 15 Lease races. */
export const LEASES: Topic = {
  topic: '15',
  setUp: (world) => makeNamespace(world, 'fx-lease'),
  except: { '15-08': WHOLE_OBJECT, '15-11': WHOLE_OBJECT, '15-12': WHOLE_OBJECT },
};
