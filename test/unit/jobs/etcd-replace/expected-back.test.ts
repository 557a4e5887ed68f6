import { describe, expect, test } from 'vitest';
import { planExpectedBack } from '../../../../jobs/etcd-replace/plan-expected-back.ts';
import type { ReplaceCase } from '../../../../src/core/etcd/diagnosis/case.ts';
import { JsonObject } from '../../../../src/core/json.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { kubeadmScene } from '../../../support/kubeadm-scene.ts';
import { PLACE } from '../../../support/member-signs.ts';
import { createOcpWorld, type OcpWorld } from '../../../support/ocp-replace/world.ts';
import { sampleCluster } from '../../../support/sample-cluster.ts';

const POOL = {
  apiVersion: 'machineconfiguration.openshift.io/v1',
  kind: 'MachineConfigPool',
  namespaced: false,
  resource: 'machineconfigpools',
  subresources: [],
};

describe('a kubeadm node that is cordoned and away', () => {
  test('is not replaced, until somebody uncordons it', async () => {
    const scene = kubeadmScene({ sick: null });
    scene.lose('cp-2');
    const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' };
    const node = JsonObject.parse(scene.fake.read(ref));
    scene.fake.put({ ...node, spec: { unschedulable: true } });

    const held = await scene.plan('cp-2');
    expect(held.steps).toEqual([]);
    expect(held.checks.filter(({ verdict }) => verdict === 'block')).toEqual([
      expect.objectContaining({ id: 'expected-back', evidence: expect.stringContaining('`kubectl uncordon cp-2`') }),
    ]);

    scene.fake.put({ ...node, spec: {} });
    const free = await scene.plan('cp-2');
    expect(free.checks).toContainEqual(expect.objectContaining({ id: 'expected-back', verdict: 'pass' }));
    expect(free.steps).not.toEqual([]);
  });
});

async function onOpenshift(prepare: (world: OcpWorld) => void, id: ReplaceCase = 'ocp-machine') {
  const clock = createFakeClock();
  const world = createOcpWorld(clock, { machineSet: 'absent' }, true);
  prepare(world);
  const context = {
    ports: { kubernetes: world.port },
    cluster: sampleCluster({ platform: 'openshift' }),
    signal: new AbortController().signal,
    nowMs: () => clock.nowMs(),
  };
  return await planExpectedBack(context, { case: id, place: PLACE, target: null });
}

/** The pool and the nodes as they are while cp-2 is away, and cp-3 in this state. */
function rollOut(world: OcpWorld, wanted: string, state: string): void {
  world.fake.addKind(POOL);
  const conditions = [{ type: 'Updating', status: 'True', lastTransitionTime: '2026-11-22T02:50:00Z' }];
  const status = { configuration: { name: 'a' }, machineCount: 3, updatedMachineCount: 3, conditions };
  world.fake.put({ ...POOL, metadata: { name: 'master' }, spec: { configuration: { name: 'a' } }, status });
  for (const name of ['cp-1', 'cp-2', 'cp-3']) {
    const node = world.object({ apiVersion: 'v1', kind: 'Node', namespace: null, name }) ?? {};
    const is = {
      currentConfig: 'a',
      desiredConfig: name === 'cp-3' ? wanted : 'a',
      state: name === 'cp-3' ? state : 'Done',
    };
    const annotations = Object.fromEntries(
      Object.entries(is).map(([key, value]) => [`machineconfiguration.openshift.io/${key}`, value]),
    );
    world.fake.put({ ...node, metadata: { ...JsonObject.parse(node['metadata']), annotations } });
  }
}

describe('on OpenShift the pool of the control plane is asked, too', () => {
  test('a roll-out over another node blocks', async () => {
    const checks = await onOpenshift((world) => rollOut(world, 'b', 'Working'));
    expect(checks).toEqual([
      expect.objectContaining({ verdict: 'block', title: 'Another node of the control plane may go down next' }),
    ]);
  });

  test('a pool that is updating only because the node is away does not', async () => {
    const checks = await onOpenshift((world) => rollOut(world, 'a', 'Done'));
    expect(checks).toEqual([
      expect.objectContaining({ verdict: 'pass', evidence: expect.stringContaining('says Updating, for which') }),
    ]);
  });

  test('nodes that may not be listed are told as not read', async () => {
    const [check] = await onOpenshift((world) => {
      rollOut(world, 'a', 'Done');
      world.fake.forbid({ verb: 'list', resource: 'nodes' });
    });
    expect(check).toMatchObject({ verdict: 'warn', evidence: expect.stringMatching(/was not read: the nodes/) });
  });

  test('one that may not be read is told as not read', async () => {
    const [check] = await onOpenshift(({ fake }) => {
      fake.addKind(POOL);
      fake.forbid({ verb: 'get', resource: 'machineconfigpools' });
    });
    expect(check).toMatchObject({ verdict: 'warn' });
    expect(check?.evidence).toMatch(/was not read: /);
  });

  test('a node in another shape than nodes have is told as not read, and ends no plan', async () => {
    const [check] = await onOpenshift(({ port }) => {
      const get = port.get.bind(port);
      Object.assign(port, {
        get: async (...[ref, call]: Parameters<typeof get>) => {
          const got = await get(ref, call);
          return got.ok && ref.kind === 'Node'
            ? { ok: true, value: { ...got.value, status: { conditions: 'none' } } }
            : got;
        },
      });
    });
    expect(check).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('it has not the shape of a Node'),
    });
  });

  test('a cluster without such pools has none', async () => {
    expect(await onOpenshift(() => undefined)).toEqual([expect.objectContaining({ verdict: 'pass' })]);
  });

  test('an entry that only goes out of the list waits for no node', async () => {
    expect(await onOpenshift(() => undefined, 'drop-learner')).toEqual([]);
  });
});
