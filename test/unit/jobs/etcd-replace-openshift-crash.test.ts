import { beforeAll, describe, expect, test } from 'vitest';
import type { ReplaceCase } from '../../../src/core/etcd/diagnosis/case.ts';
import type { KubernetesError } from '../../../src/core/ports/kubernetes.ts';
import type { FakeFault } from '../../fakes/kubernetes.ts';
import { type OcpScene, ocpScene } from '../../support/ocp-replace/scene.ts';

const CASES = ['ocp-machine', 'ocp-pod'] as const satisfies readonly ReplaceCase[];
const UNKNOWN: KubernetesError = { code: 'unknown-outcome', message: 'the connection was lost' };

/** What every ending must leave: nothing done twice, nothing of ours left behind, quorum as it was. */
function expectWhole(scene: OcpScene, acts: readonly string[]): void {
  const done = scene.acts().filter((each) => each.endsWith(': done'));
  expect(done).toEqual(acts);
  expect(new Set(done).size).toBe(done.length);
  expect(scene.world.overrides()).toBeNull();
  expect(scene.harness.etcd.ring.members).toHaveLength(3);
}

describe.each(CASES)('%s', (id) => {
  /** What a run does that nothing disturbs. */
  let acts: readonly string[] = [];
  beforeAll(async () => {
    const scene = await ocpScene({ case: id });
    await scene.run();
    acts = scene.acts();
  });

  test.each([
    // The second announcement of a call comes after the first was seen to have had no effect.
    { point: 'intent-stored', every: 2 },
    { point: 'call-made', every: 1 },
    { point: 'observed-stored', every: 1 },
  ] as const)('a worker that dies whenever $point ends as one that lives', async ({ point, every }) => {
    const scene = await ocpScene({ case: id });
    for (let nth = 0; nth < acts.length; nth += 1) scene.harness.crashAt(point, 1 + nth * every);
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(acts.length);
    expectWhole(scene, acts);
  });

  test('one that dies when a cleanup is registered, and when it is marked as done', async () => {
    const scene = await ocpScene({ case: id });
    scene.harness.crashAt('cleanup-registered', 1);
    scene.harness.crashAt('cleanup-registered', 3);
    scene.harness.crashAt('cleaned-up', 1);
    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expectWhole(scene, acts);
  });

  test.each([true, false])(
    'calls whose answer is lost (they happened: %s) are looked at, and made once',
    async (happens) => {
      const scene = await ocpScene({ case: id });
      const lost = (method: FakeFault['method'], detail: string): void => {
        scene.world.fake.fail({ method, when: (call) => call.detail.startsWith(detail), error: UNKNOWN, happens });
      };
      lost('patchJson', 'Etcd cluster');
      lost('delete', 'Node cp-2');
      lost('delete', 'Secret openshift-etcd/etcd-serving-cp-2');
      lost('delete', 'Machine openshift-machine-api/ocp-master-1');
      if (id === 'ocp-machine') lost('create', 'Machine openshift-machine-api/ocp-master-3');
      expect(await scene.run()).toMatchObject({ kind: 'done' });
      expectWhole(scene, acts);
    },
  );
});

describe('a call that is refused', () => {
  test.each([
    { method: 'patchJson', detail: 'Etcd cluster', last: 'guard-off', reason: 'access-refused' },
    { method: 'delete', detail: 'Node cp-2', last: 'delete-node', reason: 'access-refused' },
    {
      method: 'delete',
      detail: 'Secret openshift-etcd/etcd-serving-cp-2',
      last: 'delete-secret',
      reason: 'access-refused',
    },
    { method: 'delete', detail: 'Machine', last: 'delete-machine', reason: 'access-refused' },
    { method: 'create', detail: 'Machine', last: 'create-machine', reason: 'access-refused' },
  ] as const)('$last: nothing further is begun, and the guard is on', async ({ method, detail, last, reason }) => {
    const scene = await ocpScene();
    const error: KubernetesError = { code: 'forbidden', message: `not allowed: ${detail}`, status: 403 };
    // A dry run of the plan comes before it.
    scene.world.fake.fail({ method, when: (call) => call.detail.startsWith(detail), error, times: 1 });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason });
    expect(end.note).toContain('not allowed');
    expect(scene.acts().at(-1)).toMatch(new RegExp(`^${last} .*: not-done$`));
    expect(scene.world.overrides()).toBeNull();
    expect(scene.ring()).toEqual(['cp-1', 'cp-3']);
  });

  test('an API server that has no room or no time now is waited for', async () => {
    const scene = await ocpScene();
    const later = (code: KubernetesError['code'], method: FakeFault['method'], detail: string): void => {
      scene.world.fake.fail({
        method,
        when: (call) => call.detail.startsWith(detail),
        error: { code, message: 'later' },
      });
    };
    later('no-space', 'patchJson', 'Etcd cluster');
    later('unreachable', 'delete', 'Node cp-2');
    later('conflict', 'delete', 'Secret');
    expect(await scene.run()).toMatchObject({ kind: 'done' });
  });

  test('somebody else makes a Machine of the name that was approved: it is not taken for ours', async () => {
    const scene = await ocpScene();
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.create-machine@1') return;
      const metadata = { name: 'ocp-master-3', namespace: 'openshift-machine-api' };
      scene.world.fake.put({ apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine', metadata, spec: {} });
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(scene.world.overrides()).toBeNull();
  });

  test('the machine stands for another instance by now: it is not deleted', async () => {
    const scene = await ocpScene();
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.delete-machine@1') return;
      const ref = {
        apiVersion: 'machine.openshift.io/v1beta1',
        kind: 'Machine',
        namespace: 'openshift-machine-api',
        name: 'ocp-master-1',
      };
      scene.world.fake.put({ ...scene.world.object(ref), spec: { providerID: 'aws:///z/i-other' } });
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(scene.acts().some((act) => act.startsWith('delete-machine'))).toBe(false);
  });

  test('somebody adds a member of their own: no further call', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => {
      if (kind === 'ocp.delete-secrets@1')
        scene.harness.etcd.addLearner({ name: 'x', peerUrls: ['https://10.9.9.9:2380'] });
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(scene.acts().some((act) => act.startsWith('delete-secret'))).toBe(false);
    expect(scene.world.overrides()).toBeNull();
  });

  test('a cancel: what is open is settled, nothing is begun, the guard is on', async () => {
    const scene = await ocpScene();
    const end = await scene.run((kind) => kind === 'ocp.delete-secrets@1' && scene.harness.cancel());
    expect(end).toMatchObject({ kind: 'stop', reason: 'cancelled' });
    expect(scene.world.overrides()).toBeNull();
    expect(scene.acts().at(-1)).toBe('delete-node Node cp-2: done');
  });
});
