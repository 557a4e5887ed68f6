import { bodyOf, makeNamespace, seed, seedItems } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

/** 02 Nodes, reading. The nodes are put into etcd as they were recorded. */
export const NODES: Topic = {
  topic: '02',
  given: ['02-01', '02-02', '02-07'],
  async setUp(world) {
    await seedItems(world, 'minions', { kind: 'Node', apiVersion: 'v1' }, bodyOf('02-01-list'));
    await seed(world, 'leases/kube-node-lease/node-1', bodyOf('02-07-node-lease'));
  },
  except: {
    '02-01': { places: /^metadata.resourceVersion/, because: 'of the moment' },
  },
};

const SOURCES = { places: /sources/, because: 'the recorded build has one source more' };

/** 03 Pods, reading. The running pods are put into etcd as they were recorded. */
export const PODS: Topic = {
  topic: '03',
  given: ['03-03', '03-10', '03-11', '03-12'],
  setUp: (world) => makeNamespace(world, 'fx-pods'),
  before: {
    '03-03': (world) => seed(world, 'pods/fx-pods/web-1', bodyOf('03-03-get')),
    '03-05': (world) => allPods(world),
    '03-19': (world) => world.must('POST', '/api/v1/namespaces/fx-pods/configmaps', { metadata: { name: 'later' } }),
    '03-20': (world) => world.scene.compact(),
    '03-21': (world) =>
      seedItems(world, 'pods', { kind: 'Pod', apiVersion: 'v1' }, bodyOf('03-21-list-continue-inconsistent')),
  },
  trimmed: ['03-10', '03-11', '03-12', '03-15', '03-17'],
  except: {
    '03-02': SOURCES,
    '03-13': { places: /message/, because: 'it names the revision of the server' },
  },
};

async function allPods(world: World): Promise<void> {
  for (const page of ['03-06-list-page-1', '03-07-list-page-2'])
    await seedItems(world, 'pods', { kind: 'Pod', apiVersion: 'v1' }, bodyOf(page));
}
