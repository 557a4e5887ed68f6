import { describe, expect, test } from 'vitest';
import { replaceScene } from '../../support/replace-scene.ts';

const kinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);

describe('on the same host, by ssh', () => {
  test('the plan: backup, watch, gate, stop, remove, learner, start, promote, alarms, write, verify', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    const draft = await scene.plan();

    expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    expect(kinds(draft.steps)).toEqual([
      'backup.take@1',
      'backup.publish@1',
      'replace.watch-target@1',
      'hosts.stop-member@1',
      'etcd.remove-member@1',
      'etcd.add-learner@1',
      'hosts.start-member@1',
      'etcd.promote@1',
      'etcd.settle-alarms@1',
      'etcd.write-probe@1',
      'replace.verify@1',
    ]);
    expect(draft.gateFirst).toBe(true);
    expect(draft.gates).toEqual([
      expect.objectContaining({
        id: 'remove-member',
        kind: 'typed',
        beforeStep: 3,
        expect: `m-2 ${scene.harness.etcd.member('m-2').id}`,
      }),
    ]);
  });

  test('ends with three voters and equal data; the old data are kept', async () => {
    const scene = replaceScene();
    const old = scene.harness.etcd.member('m-2').id;
    scene.breakData('m-2');
    const draft = await scene.plan();
    const end = await scene.run(draft);

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
    expect(scene.harness.etcd.member('m-2').id).not.toBe(old);
    expect(scene.acts()).toEqual([
      'stop done',
      'set-aside-data done',
      'remove-member done',
      'add-learner done',
      'write-config done',
      'start done',
      'promote done',
    ]);
    expect(scene.machine('m-2').has('/var/lib/etcd/old-replace-prod-test/wal/broken')).toBe(true);
    expect([...scene.harness.cleanups.values()].every(({ done }) => done)).toBe(true);
    expect(end.note).toContain('same data at revision');
  });
});
