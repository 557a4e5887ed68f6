import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';
import type { CrashPoint } from '../../support/step-harness.ts';

/** Indexes of the steps that stop the old process, and that remove its member. */
const AT = { stop: 3, remove: 4 } as const;
const BROKEN = '/var/lib/etcd/member/wal/broken';

/** `m-2` ends again and again, and a plan to replace it in place. `looks` is called whenever the member list is read. */
async function sick(looks: (scene: ReplaceScene) => void = () => undefined) {
  const made: { scene: ReplaceScene | null } = { scene: null };
  const scene = replaceScene({
    wrap: (port) => ({
      ...port,
      members: async (options) => {
        if (made.scene !== null) looks(made.scene);
        return await port.members(options);
      },
    }),
  });
  made.scene = scene;
  scene.breakData('m-2');
  const draft = await scene.plan();
  return { scene, draft, service: scene.machine('m-2').service };
}

/** What made it end is gone, and systemd has started it. */
function recover(scene: ReplaceScene): void {
  const machine = scene.machine('m-2');
  if (!machine.has(BROKEN)) return;
  machine.entries.delete(BROKEN);
  machine.start();
}

/** Something happens right after a program was run. */
function after(scene: ReplaceScene, verb: string, happens: () => void): void {
  const { port } = scene.hosts;
  const run = port.run.bind(port);
  Object.assign(port, {
    run: async (...args: Parameters<typeof run>) => {
      const answer = await run(...args);
      if (args[1].join(' ').startsWith(`systemctl ${verb}`)) happens();
      return answer;
    },
  });
}

const NOTHING_LEFT: ReadonlyMap<string, string> = new Map();

describe('disabled and not stopped: it starts with its machine again in the end', () => {
  test.each(['cleanup-registered', 'intent-stored', 'call-made', 'observed-stored'] as const satisfies CrashPoint[])(
    'a worker dies at %s of the disabling, and its member comes back',
    async (point) => {
      const { scene, draft, service } = await sick((each) => {
        if (each.harness.deaths() > 0) recover(each);
      });
      const { harness } = scene;
      const end = await scene.run(draft, {
        before: (index) => (index === AT.stop ? harness.crashAt(point, 1) : undefined),
      });

      expect(harness.deaths()).toBe(1);
      expect(end).toMatchObject({ kind: 'stop', reason: 'target-recovered' });
      expect(await harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
      expect(service).toMatchObject({ unitFile: 'enabled', active: 'active' });
    },
  );

  test('somebody cancels between the two calls', async () => {
    const { scene, draft, service } = await sick();
    after(scene, 'disable', () => scene.harness.cancel());

    expect(await scene.run(draft)).toMatchObject({ reason: 'cancelled' });
    expect([scene.acts(), service.unitFile]).toEqual([['disable done'], 'disabled']);
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
    expect(service.unitFile).toBe('enabled');
  });

  test('a worker dies while it is put back', async () => {
    const { scene, draft, service } = await sick();
    after(scene, 'disable', () => scene.harness.cancel());
    await scene.run(draft);
    scene.harness.crashAt('cleanup-restored', 1);

    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
    expect([scene.harness.deaths(), service.unitFile]).toEqual([1, 'enabled']);
  });

  test('the stop is never run, because nobody is let in any more', async () => {
    const { scene, draft, service } = await sick();
    scene.hosts.fail({ code: 'refused', words: /systemctl stop/, times: 2 });

    expect(await scene.run(draft)).toMatchObject({ kind: 'stop', reason: 'old-process-alive' });
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
    expect(service.unitFile).toBe('enabled');
  });
});

describe('it stays disabled', () => {
  test.each(['intent-stored', 'call-made', 'observed-stored', 'cleaned-up'] as const satisfies CrashPoint[])(
    'when it was stopped: a worker dies at %s of the stop, and the run ends before the removal',
    async (point) => {
      const { scene, draft, service } = await sick();
      const { harness } = scene;
      const end = await scene.run(draft, {
        before: (index) => {
          if (index === AT.stop) harness.crashAt(point, point === 'cleaned-up' ? 1 : 2);
          if (index === AT.remove) harness.etcd.kill('m-3');
        },
      });

      expect(harness.deaths()).toBe(1);
      expect(end).toMatchObject({ reason: 'second-member-sick' });
      expect(scene.acts().at(-1)).toBe('stop done');
      expect([...harness.cleanups.values()].filter((each) => !each.done)).toEqual([]);
      expect(service).toMatchObject({ unitFile: 'disabled', pid: null });
    },
  );

  test('when a cancel follows the stop at once', async () => {
    const { scene, draft, service } = await sick();
    after(scene, 'stop', () => scene.harness.cancel());

    expect(await scene.run(draft)).toMatchObject({ reason: 'cancelled' });
    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
    expect(service).toMatchObject({ unitFile: 'disabled', pid: null });
  });

  test('when somebody disabled it before', async () => {
    const { scene, draft, service } = await sick((each) => {
      if (each.harness.deaths() > 0) recover(each);
    });
    service.unitFile = 'disabled';
    await scene.run(draft, {
      before: (index) => (index === AT.stop ? scene.harness.crashAt('call-made', 1) : undefined),
    });

    expect([...scene.harness.cleanups.keys()]).not.toContain('enable-unit');
  });

  test('when its member was taken out of the list meanwhile', async () => {
    const { scene, draft, service } = await sick();
    const { ring } = scene.harness.etcd;
    after(scene, 'disable', () => scene.harness.cancel());
    await scene.run(draft);
    removeFrom(ring, scene.harness.etcd.member('m-2').id);

    expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(NOTHING_LEFT);
    expect(service.unitFile).toBe('disabled');
  });
});

test('who cannot put it back says what to type', async () => {
  const { scene, draft } = await sick();
  after(scene, 'disable', () => scene.harness.cancel());
  await scene.run(draft);
  scene.machine('m-2').isOn = false;

  expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(
    new Map([
      ['enable-unit', expect.stringMatching(/no connection to 10\.0\.0\.12.* systemctl enable etcd\.service$/)],
    ]),
  );
});

test('who is not to be replaced is never disabled: no cleanup in a planned swap', async () => {
  const scene = replaceScene();
  const draft = await scene.plan({ overHealthy: true, peerUrl: 'https://10.0.0.14:2380' });
  const { etcd } = scene.harness;
  await scene.run(draft, {
    before: (index) => {
      const added = etcd.ring.members.find(({ name }) => name === '');
      if (draft.steps[index]?.kind === 'etcd.promote@1' && added !== undefined) etcd.startAdded(added.id, 'm-4');
    },
  });

  expect(scene.acts().slice(-3)).toEqual(['disable done', 'stop done', 'set-aside-data done']);
  expect([...scene.harness.cleanups.keys()]).not.toContain('enable-unit');
});
