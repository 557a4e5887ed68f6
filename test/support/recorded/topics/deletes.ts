import { CONFIG_MAP, DEPLOYMENT, makeNamespace, POD } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const NO_CONTROLLER = {
  places: /^metadata\.(annotations|managedFields)|^status/,
  because: 'no controller had written to it',
};
const COLLECTOR = 'needs the garbage collector';
const CONFIG_MAPS = '/api/v1/namespaces/fx-delete/configmaps';
const PODS = '/api/v1/namespaces/fx-delete/pods';
/** What a kubelet wrote; the pods of the harness are bound, and nobody runs them. */
const NO_KUBELET = {
  places: /^metadata\.managedFields|^status|^spec\.(nodeName|volumes|containers\[0\]\.volumeMounts)/,
  because: 'no kubelet had written to it',
};

/** 08 Deletes. */
export const DELETES: Topic = {
  topic: '08',
  async setUp(world) {
    await makeNamespace(world, 'fx-delete');
    world.learn('1622', await world.must('POST', CONFIG_MAPS, CONFIG_MAP('a')));
    await world.must('POST', CONFIG_MAPS, CONFIG_MAP('f', { finalizers: ['example.com/hold'] }));
    for (const name of ['fg', 'bg', 'or'])
      await world.must('POST', '/apis/apps/v1/namespaces/fx-delete/deployments', DEPLOYMENT(name, 2));
  },
  before: {
    '08-01': async (world) =>
      world.learnUid('13d5268d-5711-43b8-80e7-dde177a0561a', await world.must('GET', `${CONFIG_MAPS}/a`)),
    '08-18': (world) => boundPod(world, 'g', 40),
    '08-24': (world) => boundPod(world, 'k', 40),
    '08-25': (world) => world.must('POST', PODS, unscheduled()),
    '08-27': async (world) => {
      for (const name of ['c1', 'c2', 'c3'])
        await world.must('POST', CONFIG_MAPS, CONFIG_MAP(name, { labels: { set: 'x' } }));
    },
  },
  leftOut: { '08-12': COLLECTOR, '08-16': COLLECTOR },
  except: {
    '08-11': NO_CONTROLLER,
    '08-15': NO_CONTROLLER,
    '08-18': NO_KUBELET,
    '08-19': NO_KUBELET,
    '08-20': NO_KUBELET,
    '08-21': NO_KUBELET,
    '08-22': NO_KUBELET,
    '08-25': NO_KUBELET,
  },
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

function unscheduled(): object {
  const spec = {
    nodeSelector: { no: 'node' },
    containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }],
    terminationGracePeriodSeconds: 2,
  };
  return { ...POD('unscheduled'), spec };
}
