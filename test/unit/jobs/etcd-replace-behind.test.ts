import { describe, expect, test } from 'vitest';
import { ringChecks } from '../../../jobs/etcd-replace/checks.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { membersOf } from '../../support/case-facts.ts';
import { ringOf } from '../../support/etcd-reading.ts';
import { recordRing } from '../../support/past-ring.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';

const kinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);

/** A backup of the day before tells who was in the ring. */
function record({ harness: { etcd }, store }: ReplaceScene): void {
  recordRing(etcd, store);
}

describe('behind a removal that was made before', () => {
  test('on the same host: everything but the removal', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    record(scene);
    removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);
    const draft = await scene.plan({ peerUrl: 'https://10.0.0.12:2380' });

    expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    expect(draft.checks).toContainEqual(
      expect.objectContaining({
        id: 'case',
        evidence: expect.stringContaining('it was one of 3 voters at 2025-12-31'),
      }),
    );
    expect(draft.gates).toEqual([
      expect.objectContaining({ id: 'add-member', kind: 'typed', beforeStep: 3, expect: 'm-2' }),
    ]);
    expect(kinds(draft.steps).slice(2, 4)).toEqual(['replace.watch-target@1', 'hosts.stop-member@1']);
    expect(kinds(draft.steps)).not.toContain('etcd.remove-member@1');
    expect(await scene.run(draft)).toMatchObject({ kind: 'done' });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });

  test('nothing is begun when another one falls ill meanwhile', async () => {
    const scene = replaceScene({ count: 5 });
    record(scene);
    removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);
    const draft = await scene.plan({ peerUrl: 'https://10.0.0.12:2380' });
    const end = await scene.run(draft, {
      before: (index) => {
        if (index === 2) scene.harness.etcd.kill('m-3');
      },
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(scene.acts()).toEqual([]);
  });

  test.each([
    [
      'a mistyped name beside a dead member',
      'm-22',
      true,
      /m-22 is none of the members: m-1.*m-2.*m-3.*no backup of this ring names it/,
    ],
    [
      'a member on record of a ring that is no smaller',
      'm-2',
      false,
      /it was one of 3 voters .* and there are 3 now: none is missing/,
    ],
  ] as const)('%s is not taken for one that was removed', async (_what, name, isDead, why) => {
    const scene = replaceScene();
    record(scene);
    const { ring } = scene.harness.etcd;
    if (isDead) scene.harness.etcd.kill('m-2');
    else Object.assign(scene.harness.etcd.member('m-2'), { name: 'm-4' });
    const draft = await scene.plan({ target: { kind: 'member', name }, peerUrl: 'https://10.0.0.14:2380' });

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toEqual([
      expect.objectContaining({ id: 'target', verdict: 'block', evidence: expect.stringMatching(why) }),
    ]);
    expect(ring.members).toHaveLength(3);
  });

  test('no member is added beside one that is dead', async () => {
    const scene = replaceScene({ count: 5 });
    record(scene);
    removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);
    scene.breakData('m-3');
    const draft = await scene.plan({ peerUrl: 'https://10.0.0.12:2380' });

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toContainEqual(
      expect.objectContaining({ id: 'quorum', verdict: 'block', evidence: expect.stringContaining('m-3') }),
    );
  });

  test('a store that cannot be read proves nothing', async () => {
    const scene = replaceScene();
    removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);
    scene.store.fail('list', { code: 'store', message: 'no route' });

    expect((await scene.plan({ peerUrl: 'https://10.0.0.12:2380' })).checks).toEqual([
      expect.objectContaining({ id: 'target', verdict: 'block', evidence: expect.stringContaining('no route') }),
    ]);
  });

  test('without an address it is asked for', async () => {
    const scene = replaceScene();
    removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);

    expect((await scene.plan()).checks).toEqual([
      expect.objectContaining({ id: 'target', evidence: expect.stringContaining('--peer-url') }),
    ]);
  });
});

test.each([
  ['kcp', /4 .*is a learner\. What added it looks after it: ask again when it votes or is gone$/],
  ['ocp-machine', /What added it looks after it/],
  ['kubeadm-host', /If nobody works on it: `\/kube replace`/],
] as const)('a learner of somebody else stands in the way of %s, and who takes it away is told', (id, words) => {
  const ring = ringOf({ members: [{ silent: 'unreachable' }, {}, {}, { learner: true }], leader: 1 });
  const members = membersOf(['crash-looping', 'healthy', 'healthy', 'learner']);
  const diagnosis = { ring, members, withoutMember: [], looks: 3, overMs: 10_000, unseen: [] };

  expect(ringChecks(diagnosis, id, members[0] ?? null)).toContainEqual(
    expect.objectContaining({ id: 'one-at-a-time', verdict: 'block', evidence: expect.stringMatching(words) }),
  );
});
