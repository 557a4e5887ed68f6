import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { type ReplaceScene, type ReplaceSceneOptions, replaceScene } from '../../support/replace-scene.ts';
import type { HarnessEnd } from '../../support/step-harness.ts';

/** Index of each step of a replacement on the same host. */
const AT = { watch: 2, stop: 3, remove: 4, aside: 5, add: 6, start: 7, promote: 8, alarms: 9, verify: 11 } as const;

async function disturbed(
  at: keyof typeof AT,
  what: (scene: ReplaceScene) => void,
  options: ReplaceSceneOptions = {},
): Promise<{ readonly scene: ReplaceScene; readonly end: HarnessEnd }> {
  const scene = replaceScene(options);
  scene.breakData('m-2');
  const draft = await scene.plan();
  const end = await scene.run(draft, { before: (index) => (index === AT[at] ? what(scene) : undefined) });
  return { scene, end };
}

/** What stands in the way of a plan. */
async function blocks(make: (scene: ReplaceScene) => void, params = {}, options: ReplaceSceneOptions = {}) {
  const scene = replaceScene(options);
  make(scene);
  const draft = await scene.plan(params);
  expect(draft.steps).toEqual([]);
  return draft.checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

describe('the plan is blocked', () => {
  test('the member is healthy', async () => {
    expect(await blocks(() => undefined)).toEqual([
      expect.stringMatching(/^target-healthy: m-2 .* is healthy: .*Nothing to replace/),
    ]);
  });

  test('the wrong one was named: the sick one is told', async () => {
    const [block] = await blocks((scene) => scene.breakData('m-3'));
    expect(block).toMatch(/^target-healthy: .*The sick one is m-3/);
  });

  test('two of three are dead: that is a restore', async () => {
    const found = await blocks((scene) => {
      scene.breakData('m-2');
      scene.breakData('m-3');
    });
    expect(found).toEqual([expect.stringMatching(/^restore: 2 of 3 voters are unhealthy/)]);
  });

  test('nobody has that name', async () => {
    const found = await blocks((scene) => scene.breakData('m-2'), { target: { kind: 'member', name: 'etcd-9' } });
    expect(found).toEqual([expect.stringMatching(/^target: etcd-9 is none of the members: m-1 \(/)]);
  });

  test('the name is that of two', async () => {
    const members = [{}, {}, {}, { name: 'm-2', isLearner: true, health: 'down' }] as const;
    const found = await blocks(() => undefined, {}, { members });
    expect(found).toEqual([expect.stringMatching(/^target: m-2 is 2 entries: .* Give the id: member\//)]);
  });

  test('somebody else changes the list', async () => {
    const found = await blocks((scene) => {
      scene.breakData('m-2');
      scene.harness.etcd.addLearner();
    });
    expect(found).toEqual([expect.stringMatching(/^one-at-a-time: .* is a learner/)]);
  });

  test('a CORRUPT alarm', async () => {
    const found = await blocks((scene) => {
      scene.breakData('m-2');
      scene.harness.etcd.raise('m-3', 'CORRUPT');
    });
    expect(found).toEqual([expect.stringMatching(/^alarms: /)]);
  });

  test('a unit that cannot be kept from starting with the machine', async () => {
    const found = await blocks((scene) => {
      scene.breakData('m-2');
      scene.machine('m-2').service.unitFile = 'static';
    });
    expect(found).toEqual([expect.stringMatching(/^hosts: .*systemd has it as static/)]);
  });

  test('the host is that of somebody else', async () => {
    const found = await blocks((scene) => {
      scene.breakData('m-2');
      const machine = scene.machine('m-2');
      machine.write('/etc/default/etcd', (machine.read('/etc/default/etcd') ?? '').replace('=m-2', '=m-7'));
    });
    expect(found).toEqual([expect.stringMatching(/^hosts: .*the host's member is m-7, not m-2/)]);
  });

  test('no backup can be taken', async () => {
    const found = await blocks((scene) => scene.breakData('m-2'), {}, { cluster: { backups: null } });
    expect(found).toEqual([expect.stringMatching(/^backup: .*has no `backups`/)]);
  });
});

describe('before the removal: nothing is removed', () => {
  test.each([
    { at: 'watch', what: 'comes back', reason: 'target-recovered' },
    { at: 'stop', what: 'comes back', reason: 'target-recovered' },
    { at: 'watch', what: 'comes back unseen', reason: 'target-recovered' },
    { at: 'remove', what: 'comes back unseen', reason: 'target-recovered' },
    { at: 'watch', what: 'second dies', reason: 'second-member-sick' },
    { at: 'stop', what: 'second dies', reason: 'second-member-sick' },
    { at: 'remove', what: 'second dies', reason: 'second-member-sick' },
    { at: 'remove', what: 'second lags', reason: 'second-member-sick' },
    { at: 'watch', what: 'removed by hand', reason: 'removed-by-hand' },
    { at: 'remove', what: 'removed by hand', reason: 'removed-by-hand' },
    { at: 'remove', what: 'another is added', reason: 'plan-drifted' },
    { at: 'remove', what: 'corrupt', reason: 'corrupt-alarm' },
    { at: 'stop', what: 'another key', reason: 'host-refused' },
    { at: 'stop', what: 'no stop', reason: 'old-process-alive' },
    { at: 'stop', what: 'a stranger', reason: 'old-process-alive' },
    { at: 'stop', what: 'data elsewhere', reason: 'host-refused' },
  ] as const)('$at: $what → $reason', async ({ at, what, reason }) => {
    const { scene, end } = await disturbed(at, (each) => {
      const { etcd } = each.harness;
      const { id } = etcd.ring.members[1] ?? { id: '' };
      const doing = {
        'comes back': () => etcd.heal('m-2'),
        'comes back unseen': () => etcd.cut('m-2'),
        'second dies': () => etcd.kill('m-3'),
        'second lags': () => void (etcd.member('m-3').lag = 5000n),
        'removed by hand': () => removeFrom(etcd.ring, id),
        'another is added': () => void etcd.addLearner(),
        corrupt: () => etcd.raise('m-3', 'CORRUPT'),
        'another key': () => each.hosts.fail({ code: 'key-changed' }),
        'no stop': () => {
          each.machine('m-2').service.ignoresStop = true;
        },
        'a stranger': () => void (each.machine('m-2').strangerHasDatabase = true),
        'data elsewhere': () => void each.machine('m-2').mounts.set('/var/lib/etcd/member', '2'),
      } satisfies Record<string, () => void>;
      doing[what]();
    });

    expect(end).toMatchObject({ kind: 'stop', reason });
    expect(scene.harness.etcd.calls.filter(({ method }) => method === 'removeMember')).toEqual([]);
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(new Map());
  });

  test('the others have different data', async () => {
    const { scene, end } = await disturbed('watch', ({ harness }) => void (harness.etcd.member('m-3').damaged = true));

    expect(end).toMatchObject({ kind: 'stop', reason: 'others-differ' });
    expect(end.note).toContain('find out whose data are right');
    expect(scene.acts()).toEqual([]);
  });

  test('what it had other data for is over', async () => {
    const scene = replaceScene({ members: [{}, { damaged: true }, {}] });
    const draft = await scene.plan();
    const end = await scene.run(draft, {
      before: (index) => {
        if (index === AT.watch) scene.harness.etcd.member('m-2').damaged = false;
      },
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'target-recovered' });
    expect(scene.acts()).toEqual([]);
  });

  test('a leader that changes does no harm', async () => {
    const { scene, end } = await disturbed('remove', ({ harness }) => harness.etcd.changeLeader('m-3'));

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members()).toHaveLength(3);
  });

  test('etcd says that others are not well', async () => {
    const error = { code: 'refused', message: 'etcdserver: unhealthy cluster', refusal: 'unhealthy-cluster' } as const;
    const { scene, end } = await disturbed('remove', ({ harness }) =>
      harness.etcd.failOnce({ method: 'removeMember', error }),
    );

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(scene.members()).toContain('m-2 voter');
  });
});

describe('between stop and start nothing begins under the old identity', () => {
  test('the run ends before the removal: data in their place, and the machine starts no etcd', async () => {
    const { scene, end } = await disturbed('remove', ({ harness }) => harness.etcd.kill('m-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(scene.acts()).toEqual(['disable done', 'stop done']);
    const machine = scene.machine('m-2');
    expect(machine.has('/var/lib/etcd/member/wal/broken')).toBe(true);
    expect(machine.service).toMatchObject({ unitFile: 'disabled', pid: null });
  });

  test('somebody starts it before its data are aside: they are not touched, nothing is added', async () => {
    const { scene, end } = await disturbed('aside', (each) => each.machine('m-2').start());

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect(scene.acts()).toEqual(['disable done', 'stop done', 'remove-member done']);
  });

  test.each([
    { what: 'runs', note: /etcd\.service is active \(running\).* did not start it/ },
    { what: 'has data', note: /has data in \/var\/lib\/etcd\/member again/ },
  ] as const)('what $what before the start is not the new member', async ({ what, note }) => {
    const { scene, end } = await disturbed('start', (each) => {
      const machine = each.machine('m-2');
      machine.onStart = () => undefined;
      if (what === 'runs') machine.start();
      else machine.entries.set('/var/lib/etcd/member', { directory: true });
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect(end.note).toMatch(note);
    expect(scene.acts().at(-1)).toBe('add-learner done');
    expect(scene.machine('m-2').service.unitFile).toBe('disabled');
  });
});

describe('after the removal: only forward', () => {
  test('another member dies: no further call, the ring stands thin', async () => {
    const { scene, end } = await disturbed('add', ({ harness }) => harness.etcd.kill('m-3'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'ring-thin' });
    expect(end.note).toContain('m-3');
    expect(scene.acts()).toEqual(['disable done', 'stop done', 'remove-member done', 'set-aside-data done']);
  });

  test('the new member never joins: the learner is taken out again', async () => {
    const { scene, end } = await disturbed('start', (each) => {
      each.machine('m-2').onStart = () => undefined;
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(new Map());
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter']);
  });

  test('the new process ends at once, with old data', async () => {
    const { scene, end } = await disturbed('start', (each) => {
      const machine = each.machine('m-2');
      machine.write('/var/lib/etcd/member/wal/broken', 'old');
      machine.service.log.push('the member has been permanently removed from the cluster');
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'old-data-joined' });
    expect(end.note).toContain('permanently removed');
    await scene.harness.restoreCleanups(etcdReplace);
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter']);
  });

  test('it does not catch up: not promoted, taken out again, and told by how much', async () => {
    const { scene, end } = await disturbed('promote', ({ harness }) => {
      harness.etcd.ring.raftIndex = 100_000n;
      harness.etcd.member('m-2').lag = 50_000n;
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'learner-behind' });
    expect(end.note).toMatch(/50000 entries behind after 10 min/);
    expect(scene.harness.etcd.calls.some(({ method }) => method === 'promote')).toBe(false);
    await scene.harness.restoreCleanups(etcdReplace);
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter']);
  });

  test('somebody promoted it first', async () => {
    const { scene, end } = await disturbed('promote', ({ harness }) => {
      harness.etcd.member('m-2').isLearner = false;
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.etcd.calls.some(({ method }) => method === 'promote')).toBe(false);
  });

  test('an alarm of the new member', async () => {
    const { end } = await disturbed('alarms', ({ harness }) => harness.etcd.raise('m-2', 'NOSPACE'));

    expect(end).toMatchObject({ kind: 'stop', reason: 'alarm-after-join' });
  });

  test('other data than the others', async () => {
    const { end } = await disturbed('verify', ({ harness }) => void (harness.etcd.member('m-2').damaged = true));

    expect(end).toMatchObject({ kind: 'stop', reason: 'data-differs-after' });
    expect(end.note).toContain('m-2');
  });

  test('a cancel leaves no learner behind', async () => {
    const { scene, end } = await disturbed('promote', ({ harness }) => harness.cancel());

    expect(end).toMatchObject({ kind: 'stop', reason: 'cancelled' });
    await scene.harness.restoreCleanups(etcdReplace);
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter']);
  });
});
