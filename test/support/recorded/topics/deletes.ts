import { bodyOf, CONFIG_MAP, DEPLOYMENT, makeNamespace, POD, seedUnder, undeleted } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const COLLECTOR = 'needs the garbage collector';
const CONFIG_MAPS = '/api/v1/namespaces/fx-delete/configmaps';
const PODS = '/api/v1/namespaces/fx-delete/pods';

/** 08 Deletes. */
export const DELETES: Topic = {
  topic: '08',
  async setUp(world) {
    await makeNamespace(world, 'fx-delete');
    world.learn('1622', await world.must('POST', CONFIG_MAPS, CONFIG_MAP('a')));
    await world.must('POST', CONFIG_MAPS, CONFIG_MAP('f', { finalizers: ['example.com/hold'] }));
    for (const name of ['08-11-foreground', '08-15-orphan'])
      await seedUnder(world, 'deployments', undeleted(bodyOf(name)));
    await world.must('POST', '/apis/apps/v1/namespaces/fx-delete/deployments', DEPLOYMENT('bg', 2));
  },
  before: {
    '08-01': async (world) =>
      world.learnUid('13d5268d-5711-43b8-80e7-dde177a0561a', await world.must('GET', `${CONFIG_MAPS}/a`)),
    '08-18': (world) => seedUnder(world, 'pods', undeleted(bodyOf('08-18-pod-graceful'))),
    '08-24': (world) => boundPod(world, 'k', 40),
    '08-25': (world) => seedUnder(world, 'pods', undeleted(bodyOf('08-25-pod-pending'))),
    '08-27': async (world) => {
      for (const name of ['c1', 'c2', 'c3'])
        await world.must('POST', CONFIG_MAPS, CONFIG_MAP(name, { labels: { set: 'x' } }));
    },
  },
  leftOut: { '08-12': COLLECTOR, '08-16': COLLECTOR },
};

async function boundPod(world: World, name: string, grace: number): Promise<void> {
  const pod = {
    ...POD(name),
    spec: { terminationGracePeriodSeconds: grace, containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }] },
  };
  const made = await world.must('POST', PODS, pod);
  await world.must('POST', `${PODS}/${name}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    target: { kind: 'Node', name: 'node-1' },
  });
  if (name === 'k') world.learnUid('cfd91584-3943-49fd-9020-b87e737fa997', made);
}
