import { waitFor } from '../../../../playground/waiting.ts';
import { activateCorrupt } from '../../../contract/etcd/raw.ts';
import { bodyOf, CONFIG_MAP, makeNamespace, POD, seed } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const PATH = '/api/v1/namespaces/fx-etcd/configmaps';
const CHECKS = 'the recorded readyz leaves the etcd checks out (a standard build has them) and has others';

/** 20 When etcd or the API server is in trouble. */
export const TROUBLE: Topic = {
  topic: '20',
  given: ['20-71'],
  async setUp(world) {
    await makeNamespace(world, 'fx-etcd');
    await makeNamespace(world, 'fx-restart');
    await world.must('POST', '/api/v1/namespaces/fx-etcd/pods', POD('p'));
    world.learn('2958', await world.must('POST', PATH, CONFIG_MAP('a')));
    await fill(world);
  },
  before: {
    async '20-07'(world) {
      await makeRoom(world);
      world.learn('4650', await world.must('POST', PATH, CONFIG_MAP('a')));
    },
    '20-09': (world) => Promise.resolve(member(world).pause()),
    async '20-15'(world) {
      member(world).resume();
      await healthy(world);
    },
    '20-16': (world) => member(world).kill(),
    async '20-71'(world) {
      await seed(world, 'configmaps/default/kube-root-ca.crt', bodyOf('20-71-corrupt-get'));
      const { ring } = world.scene;
      const { memberId } = await ring.status('m-1');
      await activateCorrupt(ring.endpoints[0] ?? '', ring.tls, BigInt(memberId).toString(16));
    },
    async '20-53'(world) {
      await member(world).start();
      await healthy(world);
      await expireHere(world);
    },
  },
  leftOut: {
    '20-06': CHECKS,
    '20-07': 'lasts 60 s; compared by a slow test',
    '20-08': 'lasts 34 s; compared by a slow test',
    '20-13': CHECKS,
    '20-15': 'whether the timed-out create was stored is not determined; here it often is',
    '20-14': CHECKS,
    '20-18': CHECKS,
    '20-51': 'the stand-in breaks watches off when it stops',
    '20-52': CHECKS,
    '20-74': CHECKS,
  },
  except: {
    '20-53': { places: /message/, because: 'it names the revision with which the cache of the server began' },
    '20-54': { places: /^metadata.continue/, because: 'a token' },
  },
};

function member(world: World) {
  const [first] = world.scene.ring.members;
  if (first === undefined) throw new Error('no member');
  return first;
}

async function healthy(world: World): Promise<void> {
  await waitFor('a healthy API server', async () => (await world.scene.ask('/readyz?timeout=2s')).status === 200);
}

/** Writes until etcd refuses. */
async function fill(world: World): Promise<void> {
  const data = { key: 'x'.repeat(900_000) };
  await waitFor(
    'an etcd without space',
    async () => {
      const body = { ...CONFIG_MAP('filler'), metadata: { generateName: 'filler-' }, data };
      const heard = await world.scene.ask('/api/v1/namespaces/fx-restart/configmaps', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      return heard.status === 500;
    },
    { everyMs: 0 },
  );
}

async function makeRoom(world: World): Promise<void> {
  await world.scene.ask('/api/v1/namespaces/fx-restart/configmaps', { method: 'DELETE' });
  await world.scene.regainSpace();
}

/** A revision that the server, started again, does not know any more, and that etcd has compacted. */
async function expireHere(world: World): Promise<void> {
  const path = '/api/v1/namespaces/fx-restart/configmaps';
  for (const name of ['c0', 'c1']) await world.must('POST', path, CONFIG_MAP(name));
  const page = await world.must('GET', `${path}?limit=1`);
  world.learn('4867', page);
  world.learnToken('eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NDg2Nywic3RhcnQiOiIvYzBcdTAwMDAifQ', page);
  await world.must('POST', path, CONFIG_MAP('c2'));
  await world.scene.compact();
  await world.scene.restart();
}
