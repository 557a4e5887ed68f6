import { expect, test } from 'vitest';
import { createScriptedScene, DONE, driveScript, type Script } from '../../support/scripted-runbook.ts';

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
