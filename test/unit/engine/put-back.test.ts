import { describe, expect, test } from 'vitest';
import { waitingWords } from '../../../src/core/put-back.ts';
import { foldRun } from '../../../src/core/run-state.ts';
import { createScriptedScene, DONE, driveScript, type Script } from '../../support/scripted-runbook.ts';

const MINUTE_MS = 60_000;
const CLEANUP = { id: 'sign', kind: 'scripted.restore@1', input: null, summary: 'warning sign' };

/** A run that changed something for its duration, and then ends with this answer of its step. */
function withSign(restore: Script['restore'], answer: Awaited<ReturnType<Script['run']>> = DONE) {
  return createScriptedScene({
    restore,
    run: async (context) => {
      await context.registerCleanup(CLEANUP);
      return answer;
    },
  });
}

test('what cannot be put back for some minutes is tried until it can, and the lease is kept meanwhile', async () => {
  let tries = 0;
  const scene = withSign(() => {
    tries += 1;
    return tries < 30 ? { notYet: 'no connection' } : null;
  });
  const beganMs = scene.harness.clock.nowMs();
  const { ended, cleanups } = await driveScript(scene);

  expect(ended).toMatchObject({ outcome: 'succeeded' });
  expect(cleanups).toMatchObject([{ status: 'done' }]);
  expect(scene.harness.clock.nowMs() - beganMs).toBeGreaterThan(5 * 60_000);
});

test('after ten minutes a person is asked; the reason of the run is told too', async () => {
  const scene = withSign(() => ({ notYet: 'no connection' }), { kind: 'stop', reason: 'etcd-refused', note: 'no' });
  const beganMs = scene.harness.clock.nowMs();
  const { ended } = await driveScript(scene);

  expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'cleanup-failed' });
  expect(ended?.note).toBe('warning sign: no connection. The run itself ended with "etcd-refused": no');
  const lastedMs = scene.harness.clock.nowMs() - beganMs;
  expect(lastedMs).toBeGreaterThanOrEqual(10 * 60_000);
  expect(lastedMs).toBeLessThan(11 * 60_000);
});

test('a reason that calls a person anyway stays the reason, and the note names what is left', async () => {
  const scene = withSign(() => 'it is stuck. By hand: put it back', {
    kind: 'stop',
    reason: 'ring-thin',
    note: 'cp-3 does not answer.',
  });
  const { ended, cleanups } = await driveScript(scene);

  expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'ring-thin' });
  expect(ended?.note).toBe('cp-3 does not answer. Not put back: warning sign: it is stuck. By hand: put it back');
  expect(cleanups).toMatchObject([{ status: 'failed' }]);
});

test('a worker that is to end leaves it to a successor', async () => {
  const shutdown = new AbortController();
  let isBack = false;
  const scene = withSign(() => {
    shutdown.abort('shutdown');
    return isBack ? null : { notYet: 'no connection' };
  });
  const runId = await scene.harness.start(['x']);
  await scene.harness.drive(runId, 'old');
  await scene.harness.approve(runId);
  const how = await scene.harness.through(scene.harness.engine('old').advance(runId, shutdown.signal));
  expect(how).toBe('shutdown');
  isBack = true;

  expect((await scene.harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'succeeded' });
});

/** A run that changed several things for its duration, in this order. */
function withSeveral(names: readonly string[], restore: (name: string) => ReturnType<Script['restore']>) {
  return createScriptedScene({
    restore: (input) => restore(typeof input === 'string' ? input : ''),
    run: async (context) => {
      for (const name of names)
        await context.registerCleanup({ ...CLEANUP, id: name, input: name, summary: `the ${name}` });
      return { kind: 'stop', reason: 'ring-thin', note: 'cp-3 does not answer.' };
    },
  });
}

describe('what waits', () => {
  test('does not hold up the others: the last registered has the first turn, and each its turn again', async () => {
    const turns: string[] = [];
    const scene = withSeveral(['pause', 'guard', 'learner'], (name) => {
      turns.push(name);
      return name === 'learner' && turns.length < 8 ? { notYet: 'no quorum' } : null;
    });
    const { ended, cleanups } = await driveScript(scene);

    expect(turns).toEqual(['learner', 'guard', 'pause', 'learner', 'learner', 'learner', 'learner', 'learner']);
    expect(cleanups.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(ended).toMatchObject({ reason: 'ring-thin', note: 'cp-3 does not answer.' });
  });

  test('has ten minutes together; what does not wait has its three tries before the next', async () => {
    const turns: string[] = [];
    const scene = withSeveral(['pause', 'guard', 'sign', 'learner'], (name) => {
      turns.push(name);
      return name === 'sign' ? 'it is stuck' : { notYet: `no ${name}` };
    });
    const beganMs = scene.harness.clock.nowMs();
    const { ended, cleanups } = await driveScript(scene);

    expect(turns.slice(0, 7)).toEqual(['learner', 'sign', 'sign', 'sign', 'guard', 'pause', 'learner']);
    expect(scene.harness.clock.nowMs() - beganMs).toBeLessThan(11 * MINUTE_MS);
    expect(cleanups.map(({ id, status, note }) => [id, status, note])).toEqual([
      ['pause', 'failed', 'no pause'],
      ['guard', 'failed', 'no guard'],
      ['sign', 'failed', 'it is stuck'],
      ['learner', 'failed', 'no learner'],
    ]);
    expect(ended?.note).toContain('the guard: no guard; the sign: it is stuck');
  });

  test('is told in the record as it was tried last', async () => {
    const seen: string[][] = [];
    let tries = 0;
    const scene = withSeveral(['guard', 'learner'], async (name) => {
      const [runId = ''] = await scene.store.unfinished();
      const record = await scene.store.read(runId);
      if (record !== null) seen.push([...waitingWords(foldRun(record))].flat());
      tries += 1;
      if (tries > 3) return null;
      return { notYet: `no ${name} ${tries}` };
    });
    const ended = await driveScript(scene);

    expect(seen.slice(0, 4)).toEqual([
      [],
      ['learner', 'no learner 1'],
      ['learner', 'no learner 1', 'guard', 'no guard 2'],
      ['learner', 'no learner 3', 'guard', 'no guard 2'],
    ]);
    expect(ended.ended).toMatchObject({ reason: 'ring-thin', note: 'cp-3 does not answer.' });
  });

  test.each([
    ['what is left of the ten minutes', 8, 11],
    ['three tries when they are over', 15, 16],
  ] as const)('has with a successor %s', async (_what, stoppedAfter, overAfter) => {
    const shutdown = new AbortController();
    let tries = 0;
    const scene = withSeveral(['guard'], () => {
      tries += 1;
      if (scene.harness.clock.nowMs() >= beganMs + 8 * MINUTE_MS) shutdown.abort('shutdown');
      return { notYet: 'no API server' };
    });
    const runId = await scene.harness.start(['x']);
    await scene.harness.drive(runId, 'old');
    await scene.harness.approve(runId);
    const beganMs = scene.harness.clock.nowMs();
    const how = await scene.harness.through(scene.harness.engine('old').advance(runId, shutdown.signal));
    expect(how).toBe('shutdown');
    await scene.harness.clock.advance(beganMs + stoppedAfter * MINUTE_MS - scene.harness.clock.nowMs());
    tries = 0;
    const { ended } = await scene.harness.drive(runId, 'new');

    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'ring-thin' });
    expect(scene.harness.clock.nowMs() - beganMs).toBeLessThan(overAfter * MINUTE_MS);
    expect(tries).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['cleanup-restored', ['guard', 'pause']],
    ['cleanup-after-store', ['pause']],
  ] as const)(
    'is gone on with where a worker dies at %s: what is in the record is not done again',
    async (point, after) => {
      const turns: string[] = [];
      const scene = withSeveral(['pause', 'guard', 'learner'], (name) => {
        turns.push(name);
        return name === 'learner' && turns.length < 6 ? { notYet: 'no quorum' } : null;
      });
      scene.harness.crashAt = { point, count: 1 };
      const { ended, cleanups } = await driveScript(scene);

      // The first of the second worker is again the one that waited.
      expect(turns.slice(0, 2)).toEqual(['learner', 'guard']);
      expect(turns.slice(2).filter((name) => name !== 'learner')).toEqual(after);
      expect(scene.harness.crashAt).toBeNull();
      expect(cleanups.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
      expect(ended).toMatchObject({ reason: 'ring-thin' });
    },
  );
});
