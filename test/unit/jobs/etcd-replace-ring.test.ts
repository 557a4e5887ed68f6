import { describe, expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import { replaceScene } from '../../support/replace-scene.ts';

const kinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);

describe('on the same host, by ssh', () => {
  test('the plan: backup, watch, gate, stop, remove, data aside, learner, start, promote, alarms, write, verify', async () => {
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
      'hosts.set-aside@1',
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
      'disable done',
      'stop done',
      'remove-member done',
      'set-aside-data done',
      'add-learner done',
      'write-config done',
      'enable done',
      'start done',
      'promote done',
    ]);
    expect(scene.machine('m-2').service.unitFile).toBe('enabled');
    expect(scene.machine('m-2').has('/var/lib/etcd/old-replace-prod-test/wal/broken')).toBe(true);
    expect([...scene.harness.cleanups.values()].every(({ done }) => done)).toBe(true);
    expect(end.note).toContain('same data at revision');
  });
});

describe('a person builds the host', () => {
  test('no access: fence, removal, learner, the commands, and goes on when it has joined', async () => {
    const scene = replaceScene({ access: 'none' });
    scene.harness.etcd.kill('m-2');
    const draft = await scene.plan();

    expect(draft.gates.map(({ id, kind, beforeStep }) => `${id} ${kind} ${beforeStep}`)).toEqual([
      'remove-member typed 3',
      'fence choice 3',
      'build-host continue 5',
    ]);
    expect(kinds(draft.steps).slice(2, 6)).toEqual([
      'replace.watch-target@1',
      'etcd.remove-member@1',
      'etcd.add-learner@1',
      'etcd.promote@1',
    ]);
    const [, , gate] = draft.gates;
    expect(gate?.instructions).toContain(
      'ETCD_INITIAL_CLUSTER="m-1=https://10.0.0.11:2380,m-3=https://10.0.0.13:2380,m-2=https://10.0.0.12:2380"',
    );
    expect(gate?.watch?.kind).toBe('etcd.host-built@1');
    const end = await scene.run(draft, {
      before: (index) => {
        const added = scene.harness.etcd.ring.members.find(({ name }) => name === '');
        if (index === 5 && added !== undefined) scene.harness.etcd.startAdded(added.id, 'm-2');
      },
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });

  test('on another host: another name, no fence, and the old one is not to be started again', async () => {
    const scene = replaceScene();
    scene.machine('m-2').powerOff();
    const draft = await scene.plan({ peerUrl: 'https://10.0.0.14:2380' });

    expect(draft.gates.map(({ id }) => id)).toEqual(['remove-member', 'build-host']);
    expect(draft.gates[1]?.title).toContain('m-4');
    expect(draft.notes.join(' ')).toContain('Do not start the old etcd of m-2');
  });

  test.each([
    ['that of another member', 'https://10.0.0.13:2380', /is the address of m-3/],
    ['not encrypted like the others', 'http://10.0.0.14:2380', /not of the same kind/],
  ])('the address is refused: %s', async (_what, peerUrl, why) => {
    const scene = replaceScene();
    scene.machine('m-2').powerOff();

    const blocks = (await scene.plan({ peerUrl })).checks.filter(({ verdict }) => verdict === 'block');
    expect(blocks).toEqual([expect.objectContaining({ id: 'place', evidence: expect.stringMatching(why) })]);
  });
});

describe('left-overs', () => {
  test('an entry that was never started: only that goes', async () => {
    const members = [{}, {}, {}, { name: '', health: 'down', clientUrls: [] }] as const;
    const scene = replaceScene({ members, access: 'none' });
    const [, , , extra] = scene.harness.etcd.ring.members;
    const draft = await scene.plan({ target: { kind: 'member', name: extra?.id ?? '' } });

    expect(kinds(draft.steps).slice(2, 3)).toEqual(['etcd.remove-leftover@1']);
    expect(draft.gates[0]?.expect).toBe(extra?.id);
    expect(await scene.run(draft)).toMatchObject({ kind: 'done' });
    expect(scene.members()).toHaveLength(3);
  });

  test('a learner that nobody promotes; one that was promoted meanwhile stays', async () => {
    for (const meanwhile of [false, true]) {
      const scene = replaceScene({ access: 'none' });
      const name = scene.harness.etcd.addLearner({ name: 'm-4' });
      const draft = await scene.plan({ target: { kind: 'member', name } });
      const end = await scene.run(draft, {
        before: (index) => {
          if (meanwhile && index === 2) scene.harness.etcd.member(name).isLearner = false;
        },
      });

      expect(end).toMatchObject(meanwhile ? { kind: 'stop' } : { kind: 'done' });
      expect(scene.members()).toHaveLength(meanwhile ? 4 : 3);
    }
  });
});

describe('a planned swap', () => {
  test('the new member votes before the old one goes', async () => {
    const scene = replaceScene();
    const draft = await scene.plan({ overHealthy: true, peerUrl: 'https://10.0.0.14:2380' });

    expect(kinds(draft.steps).slice(2, 7)).toEqual([
      'etcd.add-learner@1',
      'etcd.promote@1',
      'etcd.move-leader@1',
      'etcd.remove-member@1',
      'hosts.stop-member@1',
    ]);
    expect(draft.gates.map(({ id, beforeStep }) => `${id} ${beforeStep}`)).toEqual(['build-host 3', 'remove-member 4']);
    const most: number[] = [];
    const end = await scene.run(draft, {
      before: (index) => {
        most.push(scene.harness.etcd.ring.members.length);
        const added = scene.harness.etcd.ring.members.find(({ name }) => name === '');
        if (index === 3 && added !== undefined) scene.harness.etcd.startAdded(added.id, 'm-4');
      },
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-4 voter']);
    expect(Math.min(...most)).toBe(3);
    expect(scene.machine('m-2').service.pid).toBeNull();
  });

  test('without a new address there is none', async () => {
    const blocks = (await replaceScene().plan({ overHealthy: true })).checks.filter(
      ({ verdict }) => verdict === 'block',
    );

    expect(blocks).toEqual([expect.objectContaining({ id: 'place', evidence: expect.stringContaining('--peer-url') })]);
  });
});

test('other data than the others: leadership is moved first, then it is replaced in place', async () => {
  const members = [{}, { damaged: true }, {}];
  const scene = replaceScene({ members, etcd: { leader: 'm-2' } });
  const draft = await scene.plan();

  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(kinds(draft.steps)).toContain('etcd.move-leader@1');
  const end = await scene.run(draft);
  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.acts()[0]).toBe('move-leader done');
  expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
});

test('two of five dead: one at a time, said in the gate', async () => {
  const scene = replaceScene({ count: 5, etcd: { version: '3.5.30' } });
  scene.breakData('m-2');
  scene.machine('m-5').powerOff();
  const draft = await scene.plan();

  expect(draft.gates[0]?.title).toContain('m-5 is dead too: one at a time');
  const end = await scene.run(draft);
  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-4 voter', 'm-5 voter', 'm-2 voter']);
  expect(scene.harness.etcd.ring.removed.map(({ name }) => name)).toEqual(['m-2']);
});

test('a recent backup is relied on, and read whole first', async () => {
  const scene = replaceScene();
  const first = await scene.harness.plan(etcdBackup, { member: null, note: null, by: 'T0HOME/U0OPERATOR' });
  await scene.harness.run(etcdBackup, first.steps);
  const taken = replaceScene();
  taken.breakData('m-2');
  const none = await taken.plan({ backup: 'latest' });
  expect(none.checks.filter(({ verdict }) => verdict === 'block')).toEqual([expect.objectContaining({ id: 'backup' })]);

  scene.breakData('m-2');
  const draft = await scene.plan({ backup: 'latest' });
  expect(kinds(draft.steps).slice(0, 2)).toEqual(['replace.check-backup@1', 'replace.watch-target@1']);
});
