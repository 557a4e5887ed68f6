import { describe, expect, test } from 'vitest';
import { openshift } from '../../../jobs/etcd-replace/openshift/cases.ts';
import { JsonObject } from '../../../src/core/json.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { addressOf, etcdPodOf, nodeOf } from '../../support/ocp-replace/objects.ts';
import { ocpScene } from '../../support/ocp-replace/scene.ts';

const REMOVED = 'remove-member cp-2 (ba1c1adb4a133bf4, https://10.0.0.12:2380): done';
const SECRETS = ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'].map(
  (prefix) => `delete-secret Secret ${prefix}-cp-2: done`,
);

describe('a machine that does not run', () => {
  test('goes, and one of the next free number takes its place', async () => {
    const scene = await ocpScene();
    expect(scene.plan.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.acts()).toEqual([
      REMOVED,
      'guard-off quorum guard of the etcd operator: done',
      'delete-node Node cp-2: done',
      ...SECRETS,
      'delete-machine Machine ocp-master-1: done',
      'create-machine Machine ocp-master-3: done',
      'guard-on quorum guard of the etcd operator: done',
    ]);
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
    expect(scene.world.overrides()).toBeNull();
    expect(scene.harness.words).toContain('The quorum guard is off.');
    expect(end.notPutBack.size).toBe(0);
  });

  test('with an active ControlPlaneMachineSet it is only deleted', async () => {
    const scene = await ocpScene({ case: 'ocp-machine-cpms' });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.acts().some((act) => act.startsWith('create-machine'))).toBe(false);
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test('a roll-out is forced when a node stays behind, with a reason that is new', async () => {
    const scene = await ocpScene({ rollsOutByItself: false });
    expect(await scene.run()).toMatchObject({ kind: 'done' });

    expect(scene.acts().at(-1)).toBe('force-redeploy etcd pods of all control-plane nodes: done');
    const reason = scene.harness.acts.at(-1)?.facts;
    expect(reason).toMatchObject({ value: expect.stringMatching(/^recovery-replace-ocp-test-20/) });
  });

  test('an operator that keeps its hook until a new member is in is waited for, then the rest goes on', async () => {
    const scene = await ocpScene({ keepsHook: true });
    expect(await scene.run()).toMatchObject({ kind: 'done' });

    expect(
      scene.harness.words.some((each) => each.includes('held by hook EtcdQuorumOperator of clusteroperator/etcd')),
    ).toBe(true);
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test('a finalizer of somebody else is named and left; the guard is put back', async () => {
    const scene = await ocpScene({ finalizer: 'cloud.example/protected' });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-stuck' });
    expect(end.note).toContain('finalizer cloud.example/protected');
    expect(end.note).toContain('2 of 2 voters healthy; none may fail');
    expect(scene.world.overrides()).toBeNull();
  });

  test('a new machine that fails is told at once, with why', async () => {
    const scene = await ocpScene({ newMachine: 'fails' });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-not-ready' });
    expect(end.note).toBe('Machine ocp-master-3 failed: InvalidConfiguration: no such instance type.');
    expect(scene.world.overrides()).toBeNull();
  });

  test('one that never runs: its phase, and the certificate requests that wait for people', async () => {
    const scene = await ocpScene({
      newMachine: 'hangs',
      prepare: ({ fake }) => {
        fake.put({
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name: 'csr-abc' },
          spec: { username: 'system:serviceaccount:openshift-machine-config-operator:node-bootstrapper' },
        });
      },
    });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'machine-not-ready' });
    expect(end.note).toContain('csr-abc of system:serviceaccount:openshift-machine-config-operator:node-bootstrapper');
    expect(scene.harness.pauses.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(30 * 60_000);
  });

  test('etcd that starts with old data is told, and nobody promotes it', async () => {
    const scene = await ocpScene({ oldData: true });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'old-data-joined' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3']);
  });

  test('an operator that does nothing: what it says is told', async () => {
    const scene = await ocpScene({ operatorSleeps: true });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect(end.note).toContain('the operator says: 2 of 3 members are available, cp-2 is unhealthy');
    expect(scene.world.overrides()).toBeNull();
  });

  test('removed by hand before anybody asked: only what is behind the removal', async () => {
    const scene = await ocpScene({ removed: true });
    expect(scene.plan.lines.map(({ step }) => step.kind)).not.toContain('etcd.remove-member@1');
    expect(scene.plan.lines.flatMap(({ gates = [] }) => gates.map(({ id }) => id))).toEqual([
      'add-member',
      'delete-machine',
    ]);
    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });
});

/** Node `cp-2` of this installation, ready. */
function installed(machineID: string): JsonObject {
  const node = nodeOf('cp-2', true);
  return { ...node, status: { ...JsonObject.parse(node['status']), nodeInfo: { machineID } } };
}

async function noPause(): Promise<void> {
  await Promise.resolve();
}

describe('a host that a person builds', () => {
  test('a new node brings a new member; the gate sees it by itself', async () => {
    const scene = await ocpScene({ case: 'ocp-host', place: { machine: null } });
    const gate = scene.plan.lines.flatMap(({ gates = [] }) => gates).find(({ kind }) => kind === 'continue');
    const [watch] = openshift.watches;
    if (gate?.watch === undefined || watch === undefined) throw new Error('no watch');
    const { clock, cluster } = scene.harness;
    const { signal } = new AbortController();
    const context = {
      ports: { ...NO_PORTS, etcd: scene.harness.etcd.port, kubernetes: scene.world.port },
      cluster,
      outputs: [],
      signal,
      nowMs: () => clock.nowMs(),
      pause: async (ms: number) => await clock.sleep(ms),
    };
    const { input } = gate.watch;
    const look = async (): Promise<unknown> => await watch.look(context, input);
    expect(await look()).toBeNull();
    const end = await scene.run((kind) => {
      if (kind === 'ocp.await-members@1') scene.world.fake.put(nodeOf('cp-4', true));
    });
    const seen = await look();

    expect(end).toMatchObject({ kind: 'done' });
    expect(seen).toEqual({ seen: 'node cp-4 is ready' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test('the old host that is switched on again does not end the wait; the same name on a new installation does', async () => {
    const scene = await ocpScene({
      case: 'ocp-host',
      place: { machine: null },
      prepare: ({ fake }) => void fake.put(installed('0a1b')),
    });
    const { fake, port } = scene.world;
    const gate = scene.plan.lines.flatMap(({ gates = [] }) => gates).find(({ kind }) => kind === 'continue');
    const [watch] = openshift.watches;
    if (gate?.watch === undefined || watch === undefined) throw new Error('no watch');
    const { input } = gate.watch;
    const { cluster } = scene.harness;
    const { signal } = new AbortController();
    const ports = { ...NO_PORTS, etcd: scene.harness.etcd.port, kubernetes: port };
    const look = async (): Promise<unknown> =>
      await watch.look({ ports, cluster, outputs: [], signal, nowMs: () => 0, pause: noPause }, input);
    const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' };
    fake.finish(ref);
    fake.put(installed('0a1b'));
    expect(await look()).toBeNull();
    fake.finish(ref);
    fake.put(installed('9f9f'));
    expect(await look()).toEqual({ seen: 'node cp-2 is ready' });
  });
});

test('two of five are dead: this one is replaced, the other is left for a run of its own', async () => {
  const names = ['cp-1', 'cp-2', 'cp-3', 'cp-5', 'cp-6'];
  const members = names.map((name) => ({
    name,
    peerUrls: [`https://${addressOf(name)}:2380`],
    clientUrls: [`https://${addressOf(name)}:2379`],
  }));
  const scene = await ocpScene({
    etcd: { members },
    alsoDead: ['cp-6'],
    prepare: ({ fake }, { etcd }) => {
      for (const name of ['cp-5', 'cp-6']) {
        fake.put(nodeOf(name, name === 'cp-5'));
        fake.put(etcdPodOf(name, name === 'cp-5'));
      }
      etcd.kill('cp-6');
    },
  });
  expect(scene.plan.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  const kinds = scene.plan.lines.map(({ step }) => step.kind);
  expect(kinds).not.toContain('ocp.guard-off@1');
  const end = await scene.run((kind) => kind === 'ocp.await-members@1' && scene.world.turnGuardOff());
  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4', 'cp-5', 'cp-6']);
});
