import { bodyOf, makeNamespace, seed } from '../objects.ts';
import type { Topic } from '../replay.ts';

const WEBHOOKS = 'the stand-in calls no admission webhooks';
const FAIRNESS = 'the stand-in has no priority and fairness: it never refuses for load';

/** 19 Priority and fairness, webhooks, time-outs. */
export const FLOW: Topic = {
  topic: '19',
  given: ['19-01', '19-02'],
  async setUp(world) {
    await makeNamespace(world, 'fx-flow');
    await seed(world, 'flowschemas/exempt', bodyOf('19-01-flowschema'));
    await seed(world, 'prioritylevelconfigurations/workload-low', bodyOf('19-02-prioritylevel'));
  },
  leftOut: {
    '19-03': FAIRNESS,
    '19-04': FAIRNESS,
    '19-05': WEBHOOKS,
    '19-06': WEBHOOKS,
    '19-07': WEBHOOKS,
    '19-08': WEBHOOKS,
    '19-09': WEBHOOKS,
    '19-10': WEBHOOKS,
    '19-11': WEBHOOKS,
    '19-12': WEBHOOKS,
    '19-13': WEBHOOKS,
    '19-14': WEBHOOKS,
  },
};
