import { fieldsOf, listAt, numberAt, textAt } from '../../../../playground/kubernetes/api/reading.ts';
import { bodyOf, makeNamespace, seed, seedUnder } from '../objects.ts';
import type { Topic } from '../replay.ts';
import { allBut, seen } from './controlled-steps.ts';
import { untouched } from './nodes.ts';

const DEAD_PODS = '/api/v1/namespaces/fx-nodes/pods';

/** 12 Nodes: the taint of a cordon, and a node whose kubelet is dead. */
export const NODES_CONTROLLED: Topic = {
  topic: '12',
  async setUp(world) {
    await makeNamespace(world, 'fx-nodes');
    await seed(world, 'minions/node-3', untouched(bodyOf('12-10-label')));
    await seedUnder(world, 'minions', bodyOf('12-12-dead-early'));
    for (const name of ['12-16-dead-node-pod', '12-17-dead-node-pod-evicted'])
      await seedUnder(world, 'pods', alive(bodyOf(name)));
    for (const revision of ['1502', '1516']) world.names.known.delete(revision);
  },
  before: {
    '12-03': (world) =>
      seen(world, '/api/v1/nodes/node-3', 'the taint', (body) => listAt(body, 'spec', 'taints').length === 1),
    '12-05': (world) => Promise.resolve(world.names.known.delete('1238')),
    '12-13': (world) =>
      seen(world, '/api/v1/nodes/node-4', 'the taints', (body) => listAt(body, 'spec', 'taints').length === 2),
    '12-16': (world) => seen(world, `${DEAD_PODS}/on-dead-default`, 'the pod to be unready', isUnready),
    '12-17': (world) =>
      seen(
        world,
        `${DEAD_PODS}/on-dead`,
        'the pod to be deleted',
        (body) => textAt(body, 'metadata', 'deletionTimestamp') !== '',
      ),
    '12-21': async (world) => {
      await world.must('DELETE', `${DEAD_PODS}/on-dead-default`);
      for (const name of ['on-dead', 'on-dead-default'])
        await seen(world, `${DEAD_PODS}/${name}`, `${name} to go`, (body) => numberAt(body, 'code') === 404);
    },
  },
  leftOut: allBut('12', ['12-01', '12-03', '12-05', '12-12', '12-13', '12-16', '12-17', '12-20', '12-21']),
};

function isUnready(body: unknown): boolean {
  return listAt(body, 'status', 'conditions').some(
    (each) => textAt(each, 'type') === 'Ready' && textAt(each, 'status') === 'False',
  );
}

/** A recorded pod before its node died. */
function alive(recorded: unknown): unknown {
  const { metadata, status, ...rest } = fieldsOf(recorded);
  const { deletionTimestamp: _time, deletionGracePeriodSeconds: _grace, ...kept } = fieldsOf(metadata);
  const conditions = listAt(status, 'conditions')
    .filter((each) => textAt(each, 'type') !== 'DisruptionTarget')
    .map((each) => (textAt(each, 'type') === 'Ready' ? Object.assign({}, each, { status: 'True' }) : each));
  const managedFields = listAt(kept, 'managedFields').filter(
    (each) => textAt(each, 'manager') !== 'kube-controller-manager',
  );
  return { ...rest, metadata: { ...kept, generation: 1, managedFields }, status: { ...fieldsOf(status), conditions } };
}
