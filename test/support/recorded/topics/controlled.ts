import { at, listAt, numberAt, textAt } from '../../../../playground/kubernetes/api/reading.ts';
import type { HollowNodes } from '../hollow-nodes.ts';
import { CONFIG_MAP, DEPLOYMENT, makeNamespace, POD } from '../objects.ts';
import type { Topic, World } from '../replay.ts';
import { allBut, seen } from './controlled-steps.ts';

/** Teaches which ReplicaSet of here stands for the recorded one. */
async function learnSet(world: World, deployment: string, hash: string, image: string): Promise<void> {
  const [, , , , , namespace = ''] = deployment.split('/');
  const name = deployment.split('/').at(-1) ?? '';
  const { body } = await world.must(
    'GET',
    `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${name}`,
  );
  const set = listAt(body, 'items').find((each) =>
    textAt(listAt(each, 'spec', 'template', 'spec', 'containers')[0], 'image').endsWith(image),
  );
  const actual = textAt(set, 'metadata', 'labels', 'pod-template-hash');
  world.names.known.set(`${name}-${hash}`, `${name}-${actual}`);
  world.names.known.set(hash, actual);
}

function isComplete(body: unknown): boolean {
  const progressing = listAt(body, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Progressing');
  return (
    textAt(progressing, 'reason') === 'NewReplicaSetAvailable' &&
    numberAt(body, 'status', 'observedGeneration') === numberAt(body, 'metadata', 'generation')
  );
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/fx-delete/deployments';

/** 08 Deletes, the three ways of deleting an owner. */
export function deletesControlled(nodes: HollowNodes): Topic {
  return {
    topic: '08',
    async setUp(world) {
      await makeNamespace(world, 'fx-delete');
      for (const name of ['fg', 'bg', 'or']) {
        await world.must('POST', DEPLOYMENTS, DEPLOYMENT(name, 2));
        await seen(world, `${DEPLOYMENTS}/${name}`, `${name} to be complete`, isComplete);
      }
      await learnSet(world, `${DEPLOYMENTS}/fg`, '75dcdb499c', '3.10');
      await learnSet(world, `${DEPLOYMENTS}/or`, '68b5496bc5', '3.10');
    },
    before: {
      '08-11': () => nodes.stop(),
      '08-12': (world) =>
        seen(
          world,
          `${DEPLOYMENTS}/fg`,
          'its pods to terminate',
          (body) => numberAt(body, 'status', 'terminatingReplicas') === 2,
        ),
      '08-13': async (world) => {
        nodes.start();
        await seen(world, `${DEPLOYMENTS}/fg`, 'the Deployment to go', (body) => numberAt(body, 'code') === 404);
      },
      '08-16': (world) =>
        seen(world, `${DEPLOYMENTS}/or`, 'the Deployment to go', (body) => numberAt(body, 'code') === 404),
    },
    leftOut: allBut('08', ['08-11', '08-12', '08-13', '08-14', '08-15', '08-16']),
  };
}

const WORK = '/apis/apps/v1/namespaces/fx-work';

function web(world: World, what: string, holds: (status: unknown, body: unknown) => boolean): Promise<unknown> {
  return seen(world, `${WORK}/deployments/web`, what, (body) => holds(at(body, 'status'), body));
}

/** 11 Workloads, as the controllers leave them. */
export function workloadsControlled(nodes: HollowNodes): Topic {
  return {
    topic: '11',
    setUp: (world) => makeNamespace(world, 'fx-work'),
    before: {
      '11-02': async (world) => {
        await web(world, 'pods to be ready', (status) => numberAt(status, 'readyReplicas') === 3);
        await learnSet(world, `${WORK}/deployments/web`, '6bcbf8b7cd', '3.10');
      },
      '11-03': (world) => web(world, 'the rollout', (_, body) => isComplete(body)),
      '11-05': async (world) => {
        await web(world, 'the surge', (status) => numberAt(status, 'readyReplicas') === 4);
        await learnSet(world, `${WORK}/deployments/web`, '574ff46dbf', '3.11');
      },
      '11-07': (world) => web(world, 'the rollout', (_, body) => isComplete(body)),
      '11-08': async (world) => {
        await nodes.stop();
        await world.must('POST', `${WORK}/deployments`, stuck());
        await seen(world, `${WORK}/deployments/stuck`, 'the deadline', (body) =>
          listAt(body, 'status', 'conditions').some((each) => textAt(each, 'reason') === 'ProgressDeadlineExceeded'),
        );
        await learnSet(world, `${WORK}/deployments/stuck`, '5dcfd7f446', '3.10');
        nodes.start();
      },
      '11-10': (world) =>
        web(
          world,
          'the pause',
          (status) =>
            JSON.stringify(status).includes('DeploymentPaused') && numberAt(status, 'observedGeneration') === 3,
        ),
      '11-11': async (world) => {
        await world.must('PATCH', `${WORK}/deployments/web`, { spec: { paused: false } });
        await web(world, 'the rollout', (_, body) => isComplete(body));
      },
      '11-12': async (world) => {
        const { body } = await world.must('GET', `${WORK}/deployments/web`);
        world.names.known.set('2470', textAt(body, 'metadata', 'resourceVersion'));
      },
      '11-14': (world) => web(world, 'two', (status, body) => numberAt(status, 'replicas') === 2 && isComplete(body)),
      '11-16': (world) =>
        web(
          world,
          'none',
          (status, body) =>
            numberAt(status, 'replicas') === undefined &&
            numberAt(status, 'terminatingReplicas') === 0 &&
            isComplete(body),
        ),
      '11-20': (world) =>
        seen(
          world,
          `${WORK}/daemonsets/agent`,
          'the daemons',
          (body) => numberAt(body, 'status', 'numberAvailable') === 4,
        ),
    },
    except: {
      '11-12': { places: /^status\.replicas/, because: 'the controller may be faster' },
      '11-14': { places: /^status\.replicas/, because: 'the controller may be faster' },
      '11-16': { places: /^metadata\.managedFields/, because: 'a scale to 0 leaves its manager here' },
    },
    leftOut: allBut(
      '11',
      [
        '11-01',
        '11-02',
        '11-03',
        '11-04',
        '11-05',
        '11-07',
        '11-08',
        '11-09',
        '11-10',
        '11-11',
        '11-12',
        '11-14',
        '11-16',
        '11-19',
        '11-20',
      ],
      {
        '11-06': 'the order of the list is that of the hashes in the names, which are of another function',
        '11-17': 'needs the admission of quotas',
        '11-22': 'no StatefulSet controller',
      },
    ),
  };
}

function stuck(): object {
  const labels = { app: 'stuck' };
  const spec = {
    terminationGracePeriodSeconds: 2,
    readinessGates: [{ conditionType: 'example.com/never' }],
    containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'stuck', labels },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 6,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    },
  };
}

/** 16 Events: what the scheduler says of a pod that fits nowhere. */
export const EVENTS_CONTROLLED: Topic = {
  topic: '16',
  async setUp(world) {
    await makeNamespace(world, 'fx-events');
    const spec = {
      nodeSelector: { no: 'node' },
      terminationGracePeriodSeconds: 2,
      containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }],
    };
    await world.must('POST', '/api/v1/namespaces/fx-events/pods', { ...POD('nofit'), spec });
    const path = '/api/v1/namespaces/fx-events/events?fieldSelector=reason%3DFailedScheduling';
    await seen(world, path, 'the event', (body) => listAt(body, 'items').length > 0);
    await seen(
      world,
      '/api/v1/namespaces/fx-events/pods/nofit',
      'the condition',
      (body) => listAt(body, 'status', 'conditions').length > 0,
    );
  },
  except: {
    '16-07': { places: /reportingInstance/, because: 'of the machine' },
    '16-08': { places: /^spec\.volumes/, because: 'the recorded build has one more source' },
  },
  leftOut: allBut('16', ['16-07', '16-08']),
};

/** 18 Namespace life, to its end. */
export const NAMESPACES_CONTROLLED: Topic = {
  topic: '18',
  before: {
    '18-02': (world) =>
      world.must(
        'POST',
        '/api/v1/namespaces/fx-term/configmaps',
        CONFIG_MAP('held', { finalizers: ['example.com/hold'] }),
      ),
    '18-06': (world) =>
      seen(
        world,
        '/api/v1/namespaces/fx-term',
        'what is left',
        (body) => listAt(body, 'status', 'conditions').length === 5,
      ),
    '18-07': async (world) => {
      await world.must('PATCH', '/api/v1/namespaces/fx-term/configmaps/held', { metadata: { finalizers: null } });
      await seen(world, '/api/v1/namespaces/fx-term', 'its end', (body) => numberAt(body, 'code') === 404);
    },
  },
  leftOut: allBut('18', ['18-01', '18-02', '18-03', '18-04', '18-05', '18-06', '18-07']),
};
