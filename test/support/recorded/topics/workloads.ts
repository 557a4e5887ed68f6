import { bodyOf, makeNamespace, seedItems, seedUnder } from '../objects.ts';
import type { Topic } from '../replay.ts';

const NO_CONTROLLER = {
  places: /^metadata\.(annotations|managedFields)|^status/,
  because: 'controllers had written to it in between',
};

/** Root in etcd of what is put there before an exchange: the recorded answer itself. */
const GIVEN = {
  '11-02-deployment-started': 'deployments',
  '11-03-deployment-complete': 'deployments',
  '11-05-deployment-progressing': 'deployments',
  '11-07-replicaset-status': 'replicasets',
  '11-08-deployment-deadline': 'deployments',
  '11-10-deployment-paused': 'deployments',
  '11-16-deployment-zero': 'deployments',
  '11-17-deployment-quota': 'deployments',
  '11-20-daemonset-status': 'daemonsets',
  '11-22-statefulset-status': 'statefulsets',
};
const ids = Object.keys(GIVEN).map((name) => name.slice(0, 5));

/** 11 Workloads. What controllers wrote is put there as it was recorded; requests go to those states. */
export const WORKLOADS: Topic = {
  topic: '11',
  setUp: (world) => makeNamespace(world, 'fx-work'),
  before: {
    ...Object.fromEntries(
      Object.entries(GIVEN).map(([name, root]) => [name.slice(0, 5), (world) => seedUnder(world, root, bodyOf(name))]),
    ),
    '11-06': (world) =>
      seedItems(
        world,
        'replicasets',
        { kind: 'ReplicaSet', apiVersion: 'apps/v1' },
        bodyOf('11-06-replicasets-rollout'),
      ),
    '11-12': (world) => Promise.resolve(world.names.known.set('2470', world.names.known.get('2469') ?? '')),
    '11-21': (world) => seedItems(world, 'pods', { kind: 'Pod', apiVersion: 'v1' }, bodyOf('11-21-daemonset-pods')),
  },
  given: [...ids, '11-06', '11-21'],
  leftOut: { '11-18': 'needs the admission of quotas' },
  except: { '11-09': NO_CONTROLLER },
};
