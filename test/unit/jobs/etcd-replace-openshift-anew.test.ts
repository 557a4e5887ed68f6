import { describe, expect, test } from 'vitest';
import { JsonObject } from '../../../src/core/json.ts';
import { ETCD_OPERATOR, GUARD_KEY } from '../../../src/core/openshift/guard.ts';
import type { KubernetesError } from '../../../src/core/ports/kubernetes.ts';
import { type OcpScene, ocpScene } from '../../support/ocp-replace/scene.ts';

const AWAY: KubernetesError = { code: 'unreachable', message: 'connection refused' };

/** The next read of the operator's resource fails. */
function missOperator({ world }: OcpScene): void {
  world.fake.fail({ method: 'get', when: ({ detail }) => detail.startsWith('Etcd cluster'), error: AWAY });
}

/** Somebody changes the operator's resource, right after it is read the next time. */
function afterNextRead({ world }: OcpScene, change: () => void): void {
  const { port } = world;
  const get = port.get.bind(port);
  let isRead = false;
  const reading: typeof port.get = async (ref, options) => {
    const answer = await get(ref, options);
    if (ref.kind === ETCD_OPERATOR.kind && !isRead) {
      isRead = true;
      change();
    }
    return answer;
  };
  Object.assign(port, { get: reading });
}

function setOperator({ world }: OcpScene, part: 'spec' | 'status', some: JsonObject): void {
  const etcd = world.object(ETCD_OPERATOR) ?? {};
  world.fake.put({ ...etcd, [part]: { ...JsonObject.parse(etcd[part] ?? {}), ...some } });
}

function actsOf(scene: OcpScene, action: string): readonly string[] {
  return scene.acts().filter((each) => each.startsWith(`${action} `));
}

/** Revisions that were announced as the newest before. */
function revisions({ harness }: OcpScene): readonly unknown[] {
  const forced = harness.acts.filter(({ action }) => action === 'force-redeploy');
  return forced.map(({ facts }) => JsonObject.parse(facts)['revision']);
}

describe('right before a pod is stopped', () => {
  test('a member that is well again, while gates stood, is neither stopped nor removed', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => kind === 'ocp.stop-pod@1' && scene.harness.etcd.heal('cp-2'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'target-recovered' });
    expect(scene.acts()).toEqual([]);
    expect(scene.world.files.paths()).toContain('/etc/kubernetes/manifests/etcd-pod.yaml');
    expect(scene.ring()).toEqual(['cp-1', 'cp-2', 'cp-3']);
  });

  test('one that others are connected to again, although we do not reach it, likewise', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const { etcd } = scene.harness;
    const { id } = etcd.member('cp-2');
    const peers: typeof etcd.port.peers = async () =>
      await Promise.resolve({ ok: true, value: [{ id, active: true }] });
    Object.assign(etcd.port, { peers });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'target-recovered' });
    expect(end.note).toContain('cp-1, cp-3 are connected to it');
    expect(scene.acts()).toEqual([]);
  });

  test('one that leads again by then is not stopped', async () => {
    const scene = await ocpScene({ case: 'ocp-pod', differs: true, etcd: { leader: 'cp-2' } });
    const { etcd } = scene.harness;
    const end = await scene.run((kind) => {
      if (kind === 'ocp.stop-pod@1') etcd.changeLeader('cp-2');
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'leader-flapping' });
    expect(actsOf(scene, 'stop-pod')).toEqual([]);
  });
});

describe('the quorum guard is turned off only when what puts it back is registered', () => {
  const OFF = 'guard-off quorum guard of the etcd operator';

  test('a first read that fails is waited for', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run((kind) => kind === 'ocp.guard-off@1' && missOperator(scene));

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-not-ready' });
    expect(actsOf(scene, 'guard-off')).toEqual([`${OFF}: done`]);
    expect(scene.world.overrides()).toBeNull();
  });

  test('one that somebody had turned off, and turns on between two looks, is registered before', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.guard-off@1') return;
      setOperator(scene, 'spec', { unsupportedConfigOverrides: { [GUARD_KEY]: true } });
      afterNextRead(scene, () => setOperator(scene, 'spec', { unsupportedConfigOverrides: null }));
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-not-ready' });
    expect(actsOf(scene, 'guard-off')).toEqual([`${OFF}: not-done`, `${OFF}: done`]);
    expect(scene.world.overrides()).toBeNull();
  });
});

describe('a roll-out is forced from a revision that was read', () => {
  test('a read that fails is waited for', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    expect(await scene.run((kind) => kind === 'ocp.redeploy@1' && missOperator(scene))).toMatchObject({ kind: 'done' });
    expect(revisions(scene)).toEqual([7]);
  });

  test('so is an operator that tells none', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.redeploy@1') return;
      setOperator(scene, 'status', { latestAvailableRevision: null });
      afterNextRead(scene, () => setOperator(scene, 'status', { latestAvailableRevision: 7 }));
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(revisions(scene)).toEqual([7]);
  });

  test('one that came between two looks is not taken for the forced one', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.redeploy@1') return;
      setOperator(scene, 'status', { latestAvailableRevision: 6 });
      afterNextRead(scene, () => setOperator(scene, 'status', { latestAvailableRevision: 7 }));
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(revisions(scene)).toEqual([6, 7]);
  });
});
