import { describe, expect, test } from 'vitest';
import { atTurn, defragScene, portError } from '../../support/defrag-scene.ts';

describe('a worker that dies is followed by one that looks first', () => {
  test.each([
    { point: 'intent-stored', what: 'the call was never made: it is made now, once' },
    { point: 'call-made', what: 'it was done: seen, not repeated' },
    { point: 'observed-stored', what: 'it was done and stored: not even looked at again' },
  ] as const)('$point: $what', async ({ point }) => {
    for (const nth of [1, 2, 3]) {
      const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
      harness.crashAt(point, nth);

      expect(await run()).toMatchObject({ kind: 'done' });
      expect(harness.deaths()).toBe(1);
      expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
    }
  });

  test('while the member is still at work: nothing is judged before it answers', async () => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
    const release = harness.etcd.holdDefragmentation('m-2');
    harness.crashAt('call-made', 1);
    void harness.clock.sleep(12 * 60_000).then(release);

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
  });

  test('and the member froze after the call: cannot tell, so a person looks', async () => {
    const scene = await atTurn(
      1,
      ({ harness }, member) => void harness.clock.sleep(1).then(() => harness.etcd.freeze(member)),
      {
        etcd: { leader: 'm-1', defragMs: 5000 },
      },
    );
    scene.harness.crashAt('call-made', 1);

    expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'member-silent' });
    expect(scene.turns()).toEqual(['m-2']);
    expect(scene.harness.acts).toMatchObject([{ observed: { result: 'unknown' } }]);
  });

  test('and the call had no effect: made again, and only once again', async () => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
    harness.crashAt('call-made', 1);

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(turns()).toEqual(['m-2', 'm-2', 'm-3', 'm-1']);
    expect(harness.acts.map((act) => act.observed?.result)).toEqual(['not-done', 'done', 'done', 'done']);
  });

  test('twice over the same call without effect: stopped, there is no third', async () => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
    harness.crashAt('call-made', 1);

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'call-without-effect' });
    expect(turns()).toEqual(['m-2', 'm-2']);
  });
});

test('a file with nothing to free is as asked, whoever did it', async () => {
  const full = { dbSizeBytes: 1000, dbSizeInUseBytes: 1000 };
  const { harness, run, turns } = await defragScene(
    { etcd: { leader: 'm-1', members: [full, full, full] } },
    { all: true },
  );
  harness.crashAt('intent-stored', 1);

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-3', 'm-1']);
});

test('a cancel while nobody looked yet: the open call is settled, nothing is started', async () => {
  const scene = await atTurn(1, ({ harness }) => harness.cancel(), { etcd: { leader: 'm-1' } });
  scene.harness.crashAt('call-made', 1);

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'cancelled' });
  expect(scene.turns()).toEqual(['m-2']);
  expect(scene.harness.acts).toMatchObject([{ observed: { result: 'done' } }]);
});
