import { z } from 'zod';
import { bodyOf, makeNamespace, POD, seed } from '../objects.ts';
import type { Topic, World } from '../replay.ts';

const BASE = '/api/v1/namespaces/fx-evict';
const BUDGETS = '/apis/policy/v1/namespaces/fx-evict/poddisruptionbudgets';

const Pod = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(z.unknown()) }),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string() })) }),
});
const Status = z.looseObject({ status: z.record(z.string(), z.unknown()) });

/** 09 Eviction. What kubelets and the disruption controller wrote is put there as it was recorded. */
export const EVICTIONS: Topic = {
  topic: '09',
  given: ['09-15', '09-19', '09-23', '09-26', '09-27'],
  async setUp(world) {
    await makeNamespace(world, 'fx-evict');
    for (const name of ['free-1', 'free-3']) await runningPod(world, name, 'free');
    await seed(world, 'pods/fx-evict/free-2', beforeEviction(bodyOf('09-07-grace-pod')));
  },
  before: {
    '09-04': (world) => world.must('DELETE', `${BASE}/pods/free-1?gracePeriodSeconds=0`),
    async '09-12'(world) {
      for (const name of ['db-1', 'db-2', 'db-3']) await runningPod(world, name, 'db');
      await seedBudget(world, 'db', budget(bodyOf('09-15-budget-after-dry-run'), REFUSING));
    },
    '09-14': (world) => seedBudget(world, 'db', bodyOf('09-15-budget-after-dry-run')),
    async '09-19'(world) {
      await runningPod(world, 'lag-1', 'lag');
      await seedBudget(world, 'lag', bodyOf('09-19-budget-lagging-object'));
    },
    async '09-21'(world) {
      await runningPod(world, 'two-1', 'two');
      await world.must('POST', `${BASE}/pods`, POD('two-pending', { app: 'two' }));
      for (const name of ['two-a', 'two-b']) {
        const spec = { minAvailable: 0, selector: { matchLabels: { app: 'two' } } };
        await world.must('POST', BUDGETS, { metadata: { name }, spec });
      }
    },
    async '09-23'(world) {
      await seed(world, 'pods/fx-evict/sick-1', bodyOf('09-23-unhealthy-pod'));
      await seedBudget(world, 'sick', { ...object(bodyOf('09-26-unhealthy-budget')), spec: SICK });
    },
    '09-25': (world) => seedBudget(world, 'sick', bodyOf('09-26-unhealthy-budget')),
    async '09-27'(world) {
      await runningPod(world, 'bare-1', 'bare');
      await seedBudget(world, 'bare', bodyOf('09-27-unmanaged-budget'));
    },
  },
  except: {
    '09-17': {
      places: /lastTransitionTime/,
      because: 'there all happened within one second, so the time stayed as it was',
    },
  },
};

const REFUSING = { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 3 };
const SICK = { minAvailable: 1, selector: { matchLabels: { app: 'sick' } } };

function object(recorded: unknown): z.infer<typeof Status> {
  return Status.parse(recorded);
}

function budget(recorded: unknown, changes: object): unknown {
  const { status, ...rest } = object(recorded);
  return { ...rest, status: { ...status, ...changes } };
}

function seedBudget(world: World, name: string, value: unknown): Promise<void> {
  return seed(world, `poddisruptionbudgets/fx-evict/${name}`, value);
}

/** The recorded pod as it was before the eviction marked it. */
function beforeEviction(recorded: unknown): unknown {
  const { metadata, status, ...rest } = Pod.parse(recorded);
  const {
    deletionTimestamp: _when,
    deletionGracePeriodSeconds: _grace,
    resourceVersion: _revision,
    ...kept
  } = metadata;
  const conditions = status.conditions.filter(({ type }) => type !== 'DisruptionTarget');
  return { ...rest, metadata: { ...kept, generation: 1 }, status: { ...status, conditions } };
}

async function runningPod(world: World, name: string, app: string): Promise<void> {
  const made = object((await world.must('POST', `${BASE}/pods`, POD(name, { app }))).body);
  const { spec } = z.looseObject({ spec: z.record(z.string(), z.unknown()) }).parse(made);
  const conditions = [
    { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-11-21T13:48:56Z' },
  ];
  const status = { phase: 'Running', conditions };
  await seed(world, `pods/fx-evict/${name}`, { ...made, spec: { ...spec, nodeName: 'node-1' }, status });
}
