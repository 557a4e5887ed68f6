import { z } from 'zod';
import { accountToken, comeAs } from '../accounts.ts';
import { bodyOf, CONFIG_MAP, makeNamespace, seed } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const PATH = '/api/v1/namespaces/fx-watch/configmaps';

/** The revision from which a recorded watch begins is that of now. */
async function startHere(world: World, recorded: string): Promise<void> {
  world.learn(recorded, await world.must('GET', PATH));
}

function label(world: World, color: string): Promise<unknown> {
  return world.must('PATCH', `${PATH}/a`, { metadata: { labels: { color } } });
}

const Event = z.object({ type: z.string(), object: z.unknown() });

/** The life of the recorded pod: its states come into etcd one after the other. */
async function live(world: World): Promise<void> {
  for (const { type, object } of z.array(Event).parse(bodyOf('04-02-pod-life'))) {
    if (type === 'DELETED') await world.must('DELETE', '/api/v1/namespaces/fx-watch/pods/p?gracePeriodSeconds=0');
    else await seed(world, 'pods/fx-watch/p', object);
  }
}

/** 04 Watch streams. */
export const WATCHES: Topic = {
  topic: '04',
  setUp: (world) => makeNamespace(world, 'fx-watch'),
  before: {
    '04-01': (world) => startHere(world, '3644'),
    '04-02': (world) => startHere(world, '3717'),
    async '04-03'(world) {
      for (const name of ['a', 'b']) await world.must('POST', PATH, CONFIG_MAP(name, { labels: { color: 'red' } }));
    },
    '04-05': (world) => startHere(world, '3826'),
    '04-06': (world) => startHere(world, '3856'),
    '04-10': async (world) => comeAs(world, await accountToken(world, 'fx-watch', 'nobody')),
  },
  given: ['04-02'],
  during: {
    '04-02': live,
    async '04-01'(world) {
      await world.must('POST', PATH, CONFIG_MAP('a'));
      await world.must('PATCH', `${PATH}/a`, { data: { key: 'two' } });
      await world.must('DELETE', `${PATH}/a`);
    },
    async '04-05'(world) {
      await label(world, 'blue');
      await label(world, 'red');
    },
    '04-06': (world) => world.must('PATCH', `${PATH}/a`, { data: { key: 'two' } }),
  },
  leftOut: {
    '04-11': 'the life of a pod needs a scheduler and a kubelet',
  },
  except: {
    '04-03': { places: /^: |^\[[34]\]/, because: 'later bookmarks come when the server likes' },
  },
};
