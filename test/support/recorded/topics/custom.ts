import { waitFor } from '../../../../playground/waiting.ts';
import { makeNamespace } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const WIDGETS = '/apis/drydock.example.com/v1/namespaces/fx-crd/widgets';
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.drydock.example.com';

/** 13 CustomResourceDefinition and custom resources. */
export const CUSTOM: Topic = {
  topic: '13',
  async setUp(world) {
    await makeNamespace(world, 'fx-crd');
    // So that the cache of the server begins after revision 1.
    await world.scene.restart();
  },
  except: { '13-18': { places: /message/, because: 'it names the revision with which the cache of the server began' } },
  before: {
    '13-03': served,
    '13-21': (world) => world.must('PATCH', `${WIDGETS}/a`, { metadata: { finalizers: ['example.com/hold'] } }),
    '13-22': (world) => until(world, DEFINITION, 200, 'InstanceDeletionInProgress'),
    '13-24': (world) => until(world, WIDGETS, 200, 'deletionTimestamp'),
    async '13-25'(world) {
      await world.must('PATCH', `${WIDGETS}/a`, { metadata: { finalizers: null } });
      await until(world, WIDGETS, 404, '');
    },
  },
};

async function served(world: World): Promise<void> {
  await until(world, WIDGETS, 200, '');
}

async function until(world: World, path: string, status: number, text: string): Promise<void> {
  await waitFor(`${status} of ${path}`, async () => {
    const heard = await world.scene.ask(path);
    return heard.status === status && heard.text.includes(text);
  });
}
