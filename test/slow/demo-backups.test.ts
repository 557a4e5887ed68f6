import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';
import { explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const END_MS = 120_000;

/** Cells of the row of a table on a card that begins with these words (a pattern), as the transcript prints it. */
function rowOf(transcript: string, word: string): readonly string[] {
  const [, cells = ''] = new RegExp(`^ +\\| ${word} +\\|(.*)\\|$`, 'm').exec(transcript) ?? [];
  return cells.split('|').map((cell) => cell.trim());
}

test('npm run demo: a backup of prod and a drill of it succeed, and show the same revision, hash and number of keys', async () => {
  const words = ['--run', '/kube backup prod', '--run', '/kube drill prod latest', '--fill', '24'];
  const demo = await startDemo(words, 'npm');

  expect(await demo.ended, demo.stderr()).toBe(0);

  const [, backup = '', drill = ''] = demo.stdout().split(/operator: \/kube \w+ prod/);
  const [[id = ''], [revision = ''], [keys = ''], [hash = '']] = [
    rowOf(backup, 'id'),
    rowOf(backup, 'revision'),
    rowOf(backup, 'keys'),
    rowOf(backup, String.raw`hash of keys and values \(HashKV\)`),
  ];
  expect([id, revision, keys, hash].join(' ')).toMatch(/^prod-\d{14}-\w{4} [1-9]\d* [1-9]\d* [1-9]\d*$/);
  expect(drill).toContain(`${id} passed its drill: restored with etcd`);
  const [noted, restored = ''] = rowOf(drill, 'revision');
  expect(noted).toBe(revision);
  // The cluster writes on between the hash and the snapshot: then the database goes on, and the card says how far.
  const further = restored === revision ? '.' : `; the database goes on to ${restored}.`;
  expect(drill).toContain(`at revision ${revision} (as its manifest says)${further}`);
  expect(BigInt(restored)).toBeGreaterThanOrEqual(BigInt(revision));
  expect(rowOf(drill, `keys at ${revision}`)).toEqual([keys, keys]);
  expect(rowOf(drill, String.raw`hash \(HashKV\)`)).toEqual([hash, hash]);
  // Objects of the cluster, counted and looked at: 12 pods of the control plane, its nodes, and what was filled in.
  for (const row of [
    /^ +pods +12 +[1-9]/m,
    /^ +nodes \(minions\) +3 +3 /m,
    /^ +secrets +[1-9]/m,
    /^ +playground +[1-9]/m,
  ])
    expect(drill).toMatch(row);
  expect(demo.leftovers()).toEqual([]);
});

let scene: Scene | undefined;
explainFailures(() => scene);

function started(): Scene {
  if (scene === undefined) throw new Error('the scene starts before its first test');
  return scene;
}

beforeAll(async () => {
  scene = await startScene({ name: 'backups of a bare ring', fill: { megabytes: 8, keep: 0.5 } });
});
afterAll(async () => await scene?.stop());

/** Gives a command and waits for its end. Answers it with all that the card says. */
async function ran(line: string): Promise<{ readonly end: string; readonly card: string }> {
  const { state, card } = await started().ended(await started().ask(line), END_MS);
  return { end: `${state.ended.outcome} ${state.ended.reason}`, card: textOf(card) };
}

async function newest() {
  const [backup] = await started().backups.list();
  if (backup === undefined) throw new Error('there is no backup');
  return backup;
}

test('one bit of the newest snapshot is flipped: the list and a drill say what, until a reading and a drill pass', async () => {
  const { backups } = started();
  expect((await ran('/kube backup prod')).end).toBe('succeeded done');
  const { id } = await newest();
  expect(await backups.flipBit()).toBeUndefined();

  // Size and manifest are as they were: the list reads the file, of which a folder tells no checksum.
  const found = (await ran('/kube backups prod')).card;
  expect(found).toContain(`${id} is damaged: its reading failed: snapshot_`);
  const drill = await ran(`/kube drill prod backup/${id}`);
  expect(drill.end).toBe('failed backup-damaged');
  expect(drill.card).toContain(`${id} failed its drill: snapshot_`);
  expect(drill.card).toContain('what lies in the store is not what was written');
  expect(await newest()).toMatchObject({ id, state: 'damaged', drill: 'failed', flipped: true });
  const list = await ran('/kube backups prod');
  expect([list.end, list.card]).toEqual(['succeeded done', expect.stringContaining('Not in order')]);
  expect(list.card).toContain(`${id} is damaged: its drill failed: snapshot_`);
  expect((await ran('/kube backups prod --verify')).end).toBe('failed backup-damaged');
  const none = await ran('/kube drill prod latest');
  expect([none.end, none.card]).toEqual(['blocked check-blocked', expect.stringContaining('prod has no good backup')]);

  expect(await backups.flipBit()).toBeUndefined();
  expect((await ran('/kube backups prod --verify')).end).toBe('succeeded done');
  expect((await ran(`/kube drill prod ${id}`)).end).toBe('succeeded done');
  expect(await newest()).toMatchObject({ id, state: 'stored', drill: 'passed', flipped: false });
  expect((await ran('/kube backups prod')).card).toContain('1 good');
});

test('the store is taken away: nothing is begun, and the card says what to do; it comes back with what was in it', async () => {
  const { backups } = started();
  const before = await backups.list();
  await backups.setAway(true);

  for (const line of ['/kube backup prod', '/kube backups prod', '/kube drill prod']) {
    const { end, card } = await ran(line);
    expect([line, end, card]).toEqual([
      line,
      'blocked check-blocked',
      expect.stringContaining('mount its disk, or make it'),
    ]);
  }
  await backups.setAway(false);
  expect(await backups.list()).toEqual(before);
  expect((await ran('/kube backup prod')).end).toBe('succeeded done');
});
