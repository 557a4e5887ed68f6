import { CONFIG_MAP, DEPLOYMENT, makeNamespace } from '../objects.ts';
import type { Topic } from '../replay.ts';

const NO_CONTROLLER = {
  places: /^metadata\.(annotations|managedFields)|^status/,
  because: 'no controller had written to it',
};

/** 06 Patches. */
export const PATCHES: Topic = {
  topic: '06',
  async setUp(world) {
    await makeNamespace(world, 'fx-patch');
    const data = { key: 'one', other: 'x' };
    const made = await world.must('POST', '/api/v1/namespaces/fx-patch/configmaps', CONFIG_MAP('a', {}, data));
    world.learn('3698', made);
    await world.must('POST', '/apis/apps/v1/namespaces/fx-patch/deployments', DEPLOYMENT('d', 0));
  },
  except: { '06-13': NO_CONTROLLER, '06-14': NO_CONTROLLER },
};

/** 07 Server-side apply. */
export const APPLIES: Topic = {
  topic: '07',
  setUp: (world) => makeNamespace(world, 'fx-apply'),
  before: {
    '07-09': (world) =>
      world.must(
        'PATCH',
        '/api/v1/namespaces/fx-apply/configmaps/a',
        { data: { x: '8' } },
        { 'User-Agent': 'kubectl/1.0' },
      ),
    async '07-15'(world) {
      const path = '/apis/apps/v1/namespaces/fx-apply/deployments';
      const headers = { 'Content-Type': 'application/apply-patch+yaml' };
      await world.must(
        'PATCH',
        `${path}/web?fieldManager=drydock`,
        { ...DEPLOYMENT('web', 2), metadata: { name: 'web' } },
        headers,
      );
      await world.must('PATCH', `${path}/web/scale`, { spec: { replicas: 3 } }, { 'User-Agent': 'autoscaler/1.0' });
    },
  },
};
