import { describe, expect, test } from 'vitest';
import { isRemoved, type OcpScene, ocpScene } from '../../support/ocp-replace/scene.ts';

const MANIFEST = '/etc/kubernetes/manifests/etcd-pod.yaml';
const REMOVED = 'remove-member cp-2 (ba1c1adb4a133bf4, https://10.0.0.12:2380): done';
const SECRETS = ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'].map(
  (prefix) => `delete-secret Secret ${prefix}-cp-2: done`,
);

function byText(a = '', b = ''): number {
  return a < b ? -1 : 1;
}

describe('a pod that crash-loops on a node that is well', () => {
  test('manifest and data are set aside and kept; the operator brings a new member in on the same node', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.acts()).toEqual([
      'stop-pod cp-2 (ba1c1adb4a133bf4, https://10.0.0.12:2380): done',
      REMOVED,
      'set-aside-data cp-2 (ba1c1adb4a133bf4, https://10.0.0.12:2380): done',
      'guard-off quorum guard of the etcd operator: done',
      ...SECRETS,
      'force-redeploy etcd pods of all control-plane nodes: done',
      'guard-on quorum guard of the etcd operator: done',
    ]);
    expect(scene.world.files.paths()).toContain('/var/lib/etcd/old-replace-ocp-test');
    expect(scene.world.files.paths()).toContain('/var/lib/etcd-backup/etcd-pod-replace-ocp-test.yaml');
    expect(scene.ring()).toEqual(['cp-1', 'cp-2', 'cp-3']);
    expect(scene.harness.outputs[2]).toMatchObject({
      aside: { node: 'cp-2', path: '/var/lib/etcd/old-replace-ocp-test' },
    });
  });

  test('nothing is ever copied, and nothing runs outside of the node', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    await scene.run();
    expect([...new Set(scene.world.files.ran.map((each) => each.split(' ')[0]))].toSorted(byText)).toEqual([
      'crictl',
      'mkdir',
      'mv',
      'stat',
    ]);
  });

  test('a process that does not end keeps its data, and the member', async () => {
    const scene = await ocpScene({ case: 'ocp-pod', prepare: ({ files }) => void (files.neverStops = true) });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'old-process-alive' });
    expect(scene.world.files.paths()).toContain('/var/lib/etcd/member');
    expect(isRemoved(scene.harness)).toBe(false);
  });

  test('data on a filesystem of their own are not copied: it stops before the removal', async () => {
    const scene = await ocpScene({ case: 'ocp-pod', prepare: ({ files }) => void (files.ownDisk = true) });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'host-refused' });
    expect(end.note).toContain('filesystem of its own');
    expect(scene.acts()).toEqual([]);
    expect(scene.world.files.paths()).toContain(MANIFEST);
  });

  test('a program that fails on the node: told in its words', async () => {
    const scene = await ocpScene({ case: 'ocp-pod', prepare: ({ files }) => void (files.fails = 'mv') });
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'host-refused' });
    expect(end.note).toContain('mv ended with 1: it does not want to');
    expect(isRemoved(scene.harness)).toBe(false);
  });

  test('as long as it is a member its data stay in their place: another one falls ill before the removal', async () => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const end = await scene.run((kind) => kind === 'etcd.remove-member@1' && scene.harness.etcd.freeze('cp-3'));

    expect(end).toMatchObject({ kind: 'stop' });
    expect(isRemoved(scene.harness)).toBe(false);
    expect(scene.world.files.paths()).toContain('/var/lib/etcd/member');
    expect(JSON.stringify(scene.harness.outputs)).toContain(
      `mv -T /var/lib/etcd-backup/etcd-pod-replace-ocp-test.yaml ${MANIFEST}`,
    );
  });

  test.each([
    {
      what: 'the node refuses',
      happens: ({ world }: OcpScene) => void (world.files.fails = 'mv'),
      says: 'mv ended with 1: it does not want to',
    },
    {
      what: 'somebody put the manifest back',
      happens: ({ world }: OcpScene) => world.files.restoreManifest('cp-2'),
      says: 'A container etcd runs on cp-2',
    },
    {
      what: 'no shell comes up',
      happens: ({ world }: OcpScene) =>
        world.fake.fail({
          method: 'create',
          when: ({ detail }) => detail.startsWith('Pod drydock-node-shell'),
          error: { code: 'forbidden', message: 'not allowed' },
          times: 1000,
        }),
      says: 'not allowed',
    },
  ])(
    'behind the removal, $what: the ring waits for a person, the data are in their place',
    async ({ happens, says }) => {
      const scene = await ocpScene({ case: 'ocp-pod' });
      const end = await scene.run((kind) => kind === 'ocp.set-aside@1' && happens(scene));

      expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
      expect(end.note).toContain(says);
      expect(end.note).toContain('The old data are in their place still.');
      expect(scene.world.files.paths()).toContain('/var/lib/etcd/member');
      expect(scene.ring()).toEqual(['cp-1', 'cp-3']);
    },
  );
});

test('a member that votes with other data, and leads: leadership first, then its pod is stopped, then it goes', async () => {
  const scene = await ocpScene({ case: 'ocp-pod', differs: true, etcd: { leader: 'cp-2' } });
  expect(scene.plan.lines[0]).toMatchObject({ step: { kind: 'etcd.move-leader@1' }, gates: [{ id: 'remove-member' }] });
  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(
    scene
      .acts()
      .slice(0, 4)
      .map((each) => each.split(' ')[0]),
  ).toEqual(['move-leader', 'stop-pod', 'remove-member', 'set-aside-data']);
  expect(scene.ring()).toEqual(['cp-1', 'cp-2', 'cp-3']);
});
