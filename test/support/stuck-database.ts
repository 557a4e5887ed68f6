import { treeAt } from '../fakes/kubernetes-fields.ts';
import { controlledBy, podObject } from './drain-objects.ts';
import type { DrainWorld } from './drain-world.ts';

/** Adds `web/db-0` of a StatefulSet on worker-1. It never ends by itself; `finalizers` may hold it against force too. */
export function stuckDatabase(world: DrainWorld, finalizers: readonly string[] = []): void {
  const set = world.fake.put({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'web', name: 'db' },
    spec: { replicas: 1 },
    status: {},
  });
  const owner = controlledBy('apps/v1', 'StatefulSet', 'db', set.metadata.uid);
  const pod = podObject({ name: 'db-0', node: 'worker-1', owner });
  world.addPod({ ...pod, metadata: { ...treeAt(pod, 'metadata'), finalizers } });
  world.stuck.add('db-0');
}
