import { describe, expect, test } from 'vitest';
import { conditionsIn, kubeadmScene as diagnosisScene, putNode } from '../../../support/diagnosis-scene.ts';
import { type ReplaceScene, replaceScene } from '../../../support/replace-scene.ts';

async function planOf(scene: ReplaceScene, name: string, kind: 'member' | 'node' = 'node') {
  const draft = await scene.plan({ target: { kind, name } });
  return { draft, target: draft.facts['target'], first: draft.checks[0] };
}

describe('a member named by where it runs', () => {
  test('its host is it, on a bare ring', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    const { draft, target } = await planOf(scene, '10.0.0.12');

    expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    expect(target).toMatchObject({ name: 'm-2', id: scene.harness.etcd.member('m-2').id });
  });

  test('the name of a member is no node', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    const { draft, first } = await planOf(scene, 'm-2');

    expect(draft.steps).toEqual([]);
    expect(first).toMatchObject({ id: 'target', verdict: 'block' });
    expect(first?.evidence).toMatch(/^m-2 is none of the members: /);
  });

  test('a host on which two members run is not clear: the ids are told', async () => {
    const peerUrls = ['https://10.0.0.12:2380'];
    const scene = replaceScene({ members: [{}, { peerUrls }, { peerUrls: ['https://10.0.0.12:2381'] }] });
    scene.breakData('m-2');
    const { first } = await planOf(scene, '10.0.0.12');

    expect(first).toMatchObject({ id: 'target', verdict: 'block' });
    expect(first?.evidence).toMatch(/^10\.0\.0\.12 is 2 entries: .* Give the id: member\//);
  });
});

test('the members are shown once on a plan, with how each of them is', async () => {
  const scene = replaceScene();
  scene.breakData('m-2');
  const { draft } = await planOf(scene, 'm-2', 'member');

  expect(draft.before).toHaveLength(1);
  expect(draft.before?.[0]?.columns).toContain('Condition');
});

describe('T21: what `kubeadm reset` left in the list', () => {
  test('a member whose node is gone is reported, with the way to replace it', async () => {
    const scene = diagnosisScene();
    scene.etcd.kill('cp-2');
    putNode(scene.kubernetes, 'cp-2', { etcd: null });
    scene.kubernetes.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
    const report = await scene.report();

    expect(report.healthy).toBe(false);
    expect(conditionsIn(report)).toMatchObject({ 'cp-2': 'machine gone' });
    expect(report.notes.join('\n')).toMatch(
      /cp-2 .*the cluster has no node of its name.*\n?[^]*`\/kube replace prod member\/cp-2 --dry-run`/,
    );
  });

  test('a node that joined again beside its old entry: both are reported, and the old one is asked for by its id', async () => {
    const scene = diagnosisScene();
    const old = scene.etcd.member('cp-2').id;
    scene.etcd.kill('cp-2');
    scene.etcd.addLearner({ name: 'cp-2', isLearner: false, peerUrls: ['https://10.0.0.22:2380'] });
    const report = await scene.report();

    expect(report.healthy).toBe(false);
    expect(report.notes.join('\n')).toContain(`member/${old} --dry-run`);
  });
});
