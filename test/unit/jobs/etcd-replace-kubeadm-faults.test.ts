import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { KEPT_MANIFEST, type KubeadmScene, kubeadmScene, MANIFEST } from '../../support/kubeadm-scene.ts';
import { recordRing } from '../../support/past-ring.ts';
import type { HarnessEnd } from '../../support/step-harness.ts';

/** A replacement in which something happens before the step of a kind. */
async function disturbed(
  scene: KubeadmScene,
  kind: string,
  what: (scene: KubeadmScene) => void,
  also: (kind: string) => void = () => undefined,
): Promise<HarnessEnd> {
  const draft = await scene.plan('cp-2');
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  return await scene.run(draft, {
    before: (index) => {
      const own = draft.steps[index]?.kind ?? '';
      also(own);
      if (own === kind) what(scene);
    },
  });
}

/** The node of cp-2 is gone. */
function lost(): KubeadmScene {
  const scene = kubeadmScene({ sick: null });
  scene.lose('cp-2');
  return scene;
}

const BEFORE = ['replace.watch-target@1', 'hosts.stop-member@1', 'etcd.remove-member@1'];
const AFTER = ['hosts.set-aside@1', 'etcd.add-learner@1', 'hosts.start-member@1', 'etcd.promote@1'];

describe('another member fails', () => {
  test.each(BEFORE)('on the same node, before %s: nothing is removed', async (kind) => {
    const scene = kubeadmScene();
    const end = await disturbed(scene, kind, ({ harness }) => harness.etcd.kill('cp-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick', note: expect.stringContaining('cp-3') });
    expect(scene.members()).toHaveLength(3);
    expect(scene.machine('cp-2').has('/var/lib/etcd/member/wal/broken')).toBe(true);
  });

  test.each(AFTER)('on the same node, before %s: the ring is thin, nothing further is done', async (kind) => {
    const scene = kubeadmScene();
    const calls: number[] = [];
    const end = await disturbed(scene, kind, ({ harness }) => {
      calls.push(harness.acts.length);
      harness.etcd.kill('cp-3');
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'ring-thin', note: expect.stringContaining('cp-3') });
    expect(calls).toEqual([scene.harness.acts.length]);
  });

  test.each(['replace.watch-target@1', 'etcd.remove-member@1'])('with its node, before %s', async (kind) => {
    const scene = lost();
    const end = await disturbed(scene, kind, ({ harness }) => harness.etcd.kill('cp-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(scene.acts()).toEqual([]);
  });

  test.each(['node.delete@1', 'kubeadm.await-member@1'])('with its node, before %s: the ring is thin', async (kind) => {
    const scene = lost();
    const end = await disturbed(scene, kind, ({ harness }) => harness.etcd.kill('cp-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'ring-thin', note: expect.stringContaining('cp-3') });
  });
});

describe('what a person joins', () => {
  test('is asked for after it is said how the old etcd is kept from running; the node alone does not go on', async () => {
    const scene = lost();
    const draft = await scene.plan('cp-2');

    expect(draft.gates.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'remove-member typed',
      'fence choice',
      'build-host continue',
    ]);
    const gate = draft.gates.find(({ id }) => id === 'build-host');
    expect(gate?.watch?.kind).toBe('etcd.host-built@1');
    expect(gate?.instructions).toContain('On cp-1: print what is needed');
  });

  test('starts with the data of the old member: not promoted, and told that the entry stays', async () => {
    const scene = lost();
    const { etcd } = scene.harness;
    const old = etcd.member('cp-2').id;
    const end = await disturbed(
      scene,
      'kubeadm.await-member@1',
      () => etcd.addLearner({ name: 'cp-4' }),
      (kind) => {
        if (kind === 'etcd.promote@1') etcd.answerAs('cp-4', old);
      },
    );

    expect(end).toMatchObject({ kind: 'stop', reason: 'old-data-joined', note: expect.stringContaining(old) });
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(new Map());
    expect(scene.members()).toContain('cp-4 learner');
  });

  test('does not catch up: it is a learner still, and so the words say', async () => {
    const scene = lost();
    const { etcd } = scene.harness;
    const end = await disturbed(scene, 'kubeadm.await-member@1', () => {
      etcd.ring.raftIndex = 100_000n;
      etcd.addLearner({ name: 'cp-4', lag: 50_000n });
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'learner-behind' });
    expect(end.note).toMatch(/It stays in the list as a learner: this run did not add it\.$/);
    expect(scene.members()).toContain('cp-4 learner');
  });

  test('the member was removed by hand before: the rest is done', async () => {
    const scene = lost();
    const { etcd } = scene.harness;
    recordRing(etcd, scene.store, 'kubeadm');
    removeFrom(etcd.ring, etcd.member('cp-2').id);
    const end = await disturbed(scene, 'kubeadm.await-member@1', () =>
      etcd.addLearner({ name: 'cp-4', isLearner: false }),
    );

    expect(end).toMatchObject({ kind: 'done' });
    expect(etcd.calls.some(({ method }) => method === 'removeMember')).toBe(false);
    expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-4 voter']);
  });
});

test('the member was removed by hand before, its node is well: the rest is done on the same node', async () => {
  const scene = kubeadmScene();
  recordRing(scene.harness.etcd, scene.store, 'kubeadm');
  removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('cp-2').id);
  const draft = await scene.plan('cp-2');

  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(await scene.run(draft)).toMatchObject({ kind: 'done' });
  expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-2 voter']);
  expect(scene.harness.etcd.calls.some(({ method }) => method === 'removeMember')).toBe(false);
});

test('a manifest that an earlier run left is neither read nor overwritten; that of this run has its own name at the end', async () => {
  const scene = kubeadmScene();
  const machine = scene.machine('cp-2');
  const [stale, own] = ['an older etcd', machine.read(MANIFEST)];
  machine.write(KEPT_MANIFEST, stale);

  expect(await scene.run(await scene.plan('cp-2'))).toMatchObject({ kind: 'done' });
  expect(machine.read(`${KEPT_MANIFEST}.before-replace-prod-test`)).toBe(stale);
  expect(machine.read(`${KEPT_MANIFEST}.done-replace-prod-test`)).toBe(own);
  expect(machine.read(KEPT_MANIFEST)).toBeNull();
});

test('the shell is lost between the two renames of the start: the second is made later, and the manifest is not written twice', async () => {
  const scene = kubeadmScene();
  const draft = await scene.plan('cp-2');
  const seen: string[] = [];
  scene.fake.fail({
    method: 'exec',
    when: ({ detail }) => {
      if (/ (?:tee|mv) /.test(detail)) seen.push(/(tee|mv .*)/.exec(detail)?.[0] ?? '');
      return detail.includes(`${KEPT_MANIFEST}.done-`) && detail.includes(' mv ');
    },
    error: { code: 'unknown-outcome', message: 'the connection was lost' },
  });

  expect(await scene.run(draft)).toMatchObject({ kind: 'done' });
  expect(scene.acts().filter((act) => act.startsWith('start'))).toEqual(['start not-done', 'start done']);
  expect(scene.machine('cp-2').read(KEPT_MANIFEST)).toBeNull();
  expect(seen.filter((each) => each.startsWith('tee'))).toHaveLength(1);
  expect(scene.members().toSorted()).toEqual(['cp-1 voter', 'cp-2 voter', 'cp-3 voter']);
});

describe('a planned swap', () => {
  const params = {
    target: { kind: 'member', name: 'cp-2' },
    backup: null,
    overHealthy: true,
    peerUrl: null,
    by: 'T0HOME/U0OPERATOR',
  } as const;

  test('another node is joined first; only then the old member goes, and its leadership before it', async () => {
    const scene = kubeadmScene({ sick: null });
    const { etcd } = scene.harness;
    etcd.changeLeader('cp-2');
    const draft = await scene.harness.plan(etcdReplace, params);

    expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    const kinds = draft.steps.map(({ kind }) => kind);
    const first = kinds.indexOf('kubeadm.await-member@1');
    expect(kinds.slice(first, first + 4)).toEqual([
      'kubeadm.await-member@1',
      'etcd.promote@1',
      'etcd.move-leader@1',
      'etcd.remove-member@1',
    ]);
    const typed = draft.gates.find(({ id }) => id === 'remove-member');
    expect(typed?.beforeStep).toBe(first + 2);
    const end = await scene.run(draft, {
      before: (index) => {
        if (index === first) etcd.addLearner({ name: 'cp-4' });
      },
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members().toSorted()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-4 voter']);
    expect(scene.acts()).toEqual(['promote done', 'move-leader done', 'remove-member done']);
  });

  test('nobody joins: the member that is well is not touched', async () => {
    const scene = kubeadmScene({ sick: null });
    const end = await scene.run(await scene.harness.plan(etcdReplace, params));

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect([scene.members().length, scene.acts()]).toEqual([3, []]);
  });
});
