import { describe, expect, test } from 'vitest';
import { GUARD_KEY } from '../../../src/core/openshift/guard.ts';
import { isRemoved, type OcpScene, ocpScene } from '../../support/ocp-replace/scene.ts';

describe('another member falls ill', () => {
  test('before the removal: nothing is removed', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => kind === 'etcd.remove-member@1' && scene.harness.etcd.freeze('cp-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(isRemoved(scene.harness)).toBe(false);
  });

  test('after it: no further call, and what was turned off is turned on', async () => {
    const scene = await ocpScene();
    const end = await scene.run((kind) => kind === 'ocp.delete-secrets@1' && scene.harness.etcd.kill('cp-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'ring-thin' });
    expect(scene.acts().at(-1)).toBe('delete-node Node cp-2: done');
    expect(scene.world.overrides()).toBeNull();
  });

  test('while a new machine is waited for: it may come back', async () => {
    const scene = await ocpScene();
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.await-machine@1') return;
      scene.harness.etcd.kill('cp-3');
      void scene.harness.clock.sleep(5 * 60_000).then(() => scene.harness.etcd.heal('cp-3'));
    });
    expect(end).toMatchObject({ kind: 'done' });
  });
});

describe('the quorum guard', () => {
  test('overrides of others stay, also those that came meanwhile', async () => {
    const scene = await ocpScene();
    const etcd = { apiVersion: 'operator.openshift.io/v1', kind: 'Etcd', namespace: null, name: 'cluster' };
    const set = (overrides: object): void => {
      const now = scene.world.object(etcd) ?? {};
      scene.world.fake.put({
        ...now,
        spec: { managementState: 'Managed', unsupportedConfigOverrides: { ...overrides } },
      });
    };
    set({ other: 1 });
    const end = await scene.run((kind) => {
      if (kind === 'node.delete@1') set({ other: 2, [GUARD_KEY]: true });
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.overrides()).toEqual({ other: 2 });
  });

  test('one that somebody else had turned off is left so', async () => {
    const scene = await ocpScene({
      prepare: (world) => {
        const { fake } = world;
        const etcd =
          world.object({ apiVersion: 'operator.openshift.io/v1', kind: 'Etcd', namespace: null, name: 'cluster' }) ??
          {};
        fake.put({ ...etcd, spec: { unsupportedConfigOverrides: { [GUARD_KEY]: true } } });
      },
    });
    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(scene.world.overrides()).toEqual({ [GUARD_KEY]: true });
    expect(scene.harness.cleanups.has('quorum-guard')).toBe(false);
  });

  test('after the ring became another one, it is left to whoever restored it', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.await-machine@1') return;
      Object.assign(scene.harness.etcd.ring, { clusterId: 'feedfeedfeedfeed' });
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.notPutBack.get('quorum-guard')).toContain('the ring is feedfeedfeedfeed now');
    expect(scene.world.overrides()).toEqual({ [GUARD_KEY]: true });
  });

  test('an API server that is away for minutes at the end is waited for: the guard is not left off', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run((kind) => kind === 'ocp.await-machine@1' && goesAwayFor(scene, 6 * 60_000));

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-not-ready' });
    expect(end.notPutBack.size).toBe(0);
    expect(scene.world.overrides()).toBeNull();
  });

  test('one that does not come back: the command is said', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run((kind) => kind === 'ocp.await-machine@1' && goesAwayFor(scene, 3_600_000));

    expect(end.notPutBack.get('quorum-guard')).toMatch(/connection refused\. By hand: oc patch etcd/);
  });
});

/** From the end of the machine's failure on, the operator's resource cannot be reached. */
function goesAwayFor({ world, harness }: OcpScene, ms: number): void {
  const untilMs = harness.clock.nowMs() + ms;
  world.fake.fail({
    method: 'get',
    when: ({ detail }) => detail.startsWith('Etcd cluster') && harness.clock.nowMs() < untilMs,
    error: { code: 'unreachable', message: 'connection refused' },
    times: 10_000,
  });
}
