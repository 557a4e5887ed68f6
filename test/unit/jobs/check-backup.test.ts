import { describe, expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';

/** A ring with a backup, and then a member that is sick. */
async function withBackup(): Promise<ReplaceScene> {
  const scene = replaceScene();
  const draft = await scene.harness.plan(etcdBackup, { member: null, note: null, by: 'T0HOME/U0OPERATOR' });
  await scene.harness.run(etcdBackup, draft.steps);
  scene.breakData('m-2');
  return scene;
}

describe('a backup that is named instead of a fresh one', () => {
  test('too old by now: blocked, with its age', async () => {
    const scene = await withBackup();
    await scene.harness.clock.advance(2 * 3_600_000);
    const { checks, steps } = await scene.plan({ backup: 'latest' });

    expect(steps).toEqual([]);
    expect(checks.filter(({ verdict }) => verdict === 'block')).toEqual([
      expect.objectContaining({
        id: 'backup',
        evidence: expect.stringMatching(/ is 2 h .*old, and may be 1 h 0 min at most/),
      }),
    ]);
  });

  test('it became too old while the plan waited for approval', async () => {
    const scene = await withBackup();
    const draft = await scene.plan({ backup: 'latest' });
    await scene.harness.clock.advance(2 * 3_600_000);
    const end = await scene.harness.run(etcdReplace, draft.steps);

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: 0 });
  });

  test('its bytes are not what they were', async () => {
    const scene = await withBackup();
    const draft = await scene.plan({ backup: 'latest' });
    const error = { code: 'damaged', message: 'its snapshot has another hash' } as const;
    Object.assign(scene.store.vault, { check: async () => await Promise.resolve({ ok: false, error }) });
    const end = await scene.harness.run(etcdReplace, draft.steps);

    expect(end).toMatchObject({ kind: 'stop', reason: 'backup-damaged', step: 0 });
  });

  test('read whole and as it should be: the replacement goes on', async () => {
    const scene = await withBackup();
    const draft = await scene.plan({ backup: 'latest' });
    Object.assign(scene.store.vault, { check: async () => await Promise.resolve({ ok: true, value: null }) });

    expect(await scene.harness.run(etcdReplace, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });

  test('none of that name', async () => {
    const scene = await withBackup();
    const { checks } = await scene.plan({ backup: 'prod-20200101000000-abcd' });

    expect(checks.filter(({ verdict }) => verdict === 'block')).toEqual([
      expect.objectContaining({ id: 'backup', title: 'No such backup' }),
    ]);
  });
});
