import { z } from 'zod';
import { bodyOf, makeNamespace, seed, seedUnder } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const NODE = '/api/v1/nodes/node-3';

/** What is put into etcd before an exchange: the recorded answer itself. */
const GIVEN = {
  '12-03-cordoned': 'minions',
  '12-12-dead-early': 'minions',
  '12-13-dead-node': 'minions',
  '12-14-dead-node-lease': 'leases',
  '12-16-dead-node-pod': 'pods',
  '12-17-dead-node-pod-evicted': 'pods',
  '12-19-dead-node-evict-after': 'pods',
  '12-20-out-of-service': 'minions',
  '12-22-dead-node-back': 'minions',
};

/** 12 Node operations and a dead node. What kubelets and controllers wrote is put there as it was recorded. */
export const NODE_WORK: Topic = {
  topic: '12',
  setUp: (world) => seed(world, 'minions/node-3', untouched(bodyOf('12-10-label'))),
  before: {
    ...Object.fromEntries(
      Object.entries(GIVEN).map(([name, root]) => [name.slice(0, 5), (world) => seedUnder(world, root, bodyOf(name))]),
    ),
    '12-02': (world) => seed(world, 'minions/node-3', bodyOf('12-03-cordoned')),
    '12-06': untainted,
    '12-10': untainted,
    async '12-18'(world) {
      await makeNamespace(world, 'fx-nodes');
      await seedUnder(world, 'pods', alive(bodyOf('12-19-dead-node-evict-after')));
    },
    '12-21': async (world) => {
      for (const path of ['on-dead', 'on-dead-default'])
        await world.scene.ask(`/api/v1/namespaces/fx-nodes/pods/${path}?gracePeriodSeconds=0`, { method: 'DELETE' });
    },
  },
  given: Object.keys(GIVEN).map((name) => name.slice(0, 5)),
  trimmed: ['12-15'],
  except: { '12-15': { places: /managedFields|labels/, because: 'of another moment than the states put there' } },
};

/** The recorded pod before anyone let it go. */
function alive(recorded: unknown): unknown {
  const { metadata, ...rest } = Dying.parse(recorded);
  const { deletionTimestamp: _when, deletionGracePeriodSeconds: _grace, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

const Dying = z.looseObject({ metadata: z.looseObject({}) });

/** The node controller takes the taint away; here the harness does. */
async function untainted(world: World): Promise<void> {
  world.learn(
    '1238',
    await world.must('PATCH', NODE, { spec: { taints: null } }, { 'User-Agent': 'kube-controller-manager/1.36' }),
  );
}

const Node = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()),
    managedFields: z.array(z.looseObject({ manager: z.string() })),
  }),
});

/** The recorded node before anyone but its kubelet and the controllers wrote to it. */
export function untouched(recorded: unknown): unknown {
  const node = Node.parse(recorded);
  const { labels, managedFields } = node.metadata;
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('example.com/')));
  const managers = managedFields.filter(({ manager }) => manager !== 'recorder');
  return { ...node, metadata: { ...node.metadata, resourceVersion: undefined, labels: own, managedFields: managers } };
}
