import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { KEPT_MANIFEST, type KubeadmScene, kubeadmScene, MANIFEST } from '../../support/kubeadm-scene.ts';
import type { CrashPoint, HarnessEnd } from '../../support/step-harness.ts';

const kinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);
const CALLS = ['stop', 'remove-member', 'set-aside-data', 'add-learner', 'start', 'promote'] as const;
/** Those that a bare ring makes in another way. */
const OWN = ['stop', 'set-aside-data', 'start'] as const;
const POINTS = ['intent-stored', 'call-made', 'observed-stored'] as const satisfies readonly CrashPoint[];

async function replaced(
  before: (scene: KubeadmScene) => void = () => undefined,
): Promise<{ readonly scene: KubeadmScene; readonly end: HarnessEnd }> {
  const scene = kubeadmScene();
  const draft = await scene.plan('cp-2');
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  before(scene);
  return { scene, end: await scene.run(draft) };
}

describe('on the same node', () => {
  test('manifest and data aside, learner with the same address, the manifest back with the list of now', async () => {
    const { scene, end } = await replaced();

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.acts()).toEqual(CALLS.map((call) => `${call} done`));
    expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-2 voter']);
    const machine = scene.machine('cp-2');
    expect(machine.read(MANIFEST)).toContain(
      '    - --initial-cluster=cp-1=https://10.0.0.11:2380,cp-3=https://10.0.0.13:2380,cp-2=https://10.0.0.12:2380\n    - --initial-cluster-state=existing\n',
    );
    expect(machine.has('/var/lib/etcd/old-replace-prod-test/wal/broken')).toBe(true);
    expect([...scene.harness.cleanups.values()].every(({ done }) => done)).toBe(true);
  });

  test.each(OWN.flatMap((call) => POINTS.map((point) => ({ call, point, nth: CALLS.indexOf(call) + 1 }))))(
    'a worker dies, $call, $point: the same end, and nothing done twice',
    async ({ point, nth }) => {
      const { scene, end } = await replaced(({ harness }) => harness.crashAt(point, nth));

      expect(end).toMatchObject({ kind: 'done' });
      expect(scene.harness.deaths()).toBe(1);
      expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-2 voter']);
      for (const method of ['removeMember', 'addMember', 'promote'])
        expect(scene.harness.etcd.calls.filter((call) => call.method === method)).toHaveLength(1);
      expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(new Map());
    },
  );

  test('its kubelet does not end it: the data are not touched, nothing is removed', async () => {
    const { scene, end } = await replaced((each) => each.kubelet('cp-2', false));

    expect(end).toMatchObject({ kind: 'stop', reason: 'old-process-alive' });
    expect(scene.acts()).toEqual(['stop not-done']);
    expect(scene.machine('cp-2').read(KEPT_MANIFEST)).not.toBeNull();
    expect(scene.machine('cp-2').has('/var/lib/etcd/member/wal/broken')).toBe(true);
    expect(scene.members()).toHaveLength(3);
  });

  test('its data are a filesystem of their own: found before anything is stopped', async () => {
    const { scene, end } = await replaced((each) => void each.machine('cp-2').mounts.set('/var/lib/etcd/member', '2'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'host-refused' });
    expect(scene.acts()).toEqual([]);
  });

  test('its data stay in their place until it is out of the list', async () => {
    const scene = kubeadmScene();
    const draft = await scene.plan('cp-2');
    const removal = draft.steps.findIndex(({ kind }) => kind === 'etcd.remove-member@1');
    await scene.run(draft, {
      before: (index) => {
        if (index === removal) scene.harness.etcd.kill('cp-3');
      },
    });

    expect(scene.acts()).toEqual(['stop done']);
    expect(scene.machine('cp-2').has('/var/lib/etcd/member/wal/broken')).toBe(true);
  });

  test('data that are there again are not started', async () => {
    const scene = kubeadmScene();
    const draft = await scene.plan('cp-2');
    const start = draft.steps.findIndex(({ kind }) => kind === 'hosts.start-member@1');
    const end = await scene.run(draft, {
      before: (index) => {
        if (index === start) scene.machine('cp-2').entries.set('/var/lib/etcd/member', { directory: true });
      },
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect(end.note).toContain('has data in /var/lib/etcd/member again');
    expect(scene.acts().at(-1)).toBe('add-learner done');
    expect(scene.machine('cp-2').read(MANIFEST)).toBeNull();
  });

  test('the manifest is that of another member', async () => {
    const { scene, end } = await replaced((each) => {
      const machine = each.machine('cp-2');
      machine.write(MANIFEST, (machine.read(MANIFEST) ?? '').replace('--name=cp-2', '--name=cp-7'));
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'host-refused' });
    expect(end.note).toContain('that of cp-7');
    expect(scene.acts()).toEqual([]);
  });

  test('nodeShell.image is another one by now: nothing is run as root', async () => {
    const scene = kubeadmScene();
    const draft = await scene.plan('cp-2');
    const steps = draft.steps.map((step) => JSON.parse(JSON.stringify(step).replaceAll('busybox:1.37', 'evil:1')));
    const end = await scene.run({ ...draft, steps });

    expect(end).toMatchObject({ kind: 'stop', reason: 'host-refused' });
    expect(scene.acts()).toEqual([]);
  });
});

describe('with its node', () => {
  test('removal, Node object, a person joins another one; what kubeadm left a learner is promoted', async () => {
    for (const learner of [false, true]) {
      const scene = kubeadmScene({ sick: null });
      scene.lose('cp-2');
      const draft = await scene.plan('cp-2');

      expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
      expect(kinds(draft.steps).slice(-7)).toEqual([
        'etcd.remove-member@1',
        'node.delete@1',
        'kubeadm.await-member@1',
        'etcd.promote@1',
        'etcd.settle-alarms@1',
        'etcd.write-probe@1',
        'replace.verify@1',
      ]);
      const gate = draft.gates.find(({ kind }) => kind === 'continue');
      expect(gate?.instructions).toContain('kubeadm reset -f');
      const end = await scene.run(draft, {
        before: (index) => {
          if (index === gate?.beforeStep) scene.harness.etcd.addLearner({ name: 'cp-4', isLearner: learner });
        },
      });
      expect(end).toMatchObject({ kind: 'done' });
      expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-4 voter']);
      expect(scene.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' })).toBeNull();
    }
  });

  test('the old entry is there again at the end: a host that was reset and started', async () => {
    const scene = kubeadmScene({ sick: null });
    scene.lose('cp-2');
    const old = scene.harness.etcd.member('cp-2').id;
    const draft = await scene.plan('cp-2');
    const end = await scene.run(draft, {
      before: (index) => {
        if (index === draft.steps.length - 5) scene.harness.etcd.addLearner({ name: 'cp-4', isLearner: false });
        if (index === draft.steps.length - 1)
          scene.harness.etcd.addLearner({ name: 'cp-2', id: old, isLearner: false });
      },
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.note).toContain('was removed by this run and is a member all the same');
  });
});
