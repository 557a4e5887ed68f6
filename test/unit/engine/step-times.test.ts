import { describe, expect, it } from 'vitest';
import { createScriptedScene, DONE, driveScript, scriptedRunbook } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;
const MINUTE = 60_000;

describe('the limit of a step', () => {
  it('ends a step that asks to come back for ever', async () => {
    const scene = createScriptedScene({
      timeoutMs: 10 * MINUTE,
      run: () => ({ kind: 'again', afterMs: MINUTE, state: null, note: 'not yet' }),
    });

    const { ended, steps } = await driveScript(scene);

    expect(ended).toMatchObject({ outcome: 'failed', reason: 'step-timed-out' });
    const lastedMs = Date.parse(ended?.at ?? '') - Date.parse(steps[0]?.startedAt ?? '');
    expect(lastedMs).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(lastedMs).toBeLessThan(12 * MINUTE);
  });

  it('fires the signal of a step that waits', async () => {
    const { ended } = await driveScript(
      createScriptedScene({
        timeoutMs: MINUTE,
        run: async (context) => {
          await context.pause(600 * MINUTE);
          return DONE;
        },
      }),
    );

    expect(ended).toMatchObject({ reason: 'step-timed-out' });
  });

  it('holds while the store does not answer', async () => {
    const scene = createScriptedScene({ timeoutMs: MINUTE });
    scene.script.run = async (context) => {
      scene.store.failures.failNext('read', 'before', 5);
      await context.pause(600 * MINUTE);
      return DONE;
    };

    expect((await driveScript(scene)).ended).toMatchObject({ reason: 'step-timed-out' });
  });

  it('leaves time to look at an announced call; then nothing further is begun', async () => {
    const calls: string[] = [];
    const scene = createScriptedScene({ timeoutMs: MINUTE });
    scene.script.run = async (context) => {
      if (context.open !== null && context.nowMs() > Date.parse(context.open.at) + 10 * MINUTE)
        await context.observed({ result: 'done', note: 'slow', evidence: null });
      else if (context.acts.length === 0)
        await context.act({ item: 'a', action: 'turn', facts: {} }, async () => calls.push('a'));
      return { kind: 'again', afterMs: MINUTE, state: null, note: 'looking' };
    };

    const { ended, acts } = await driveScript(scene);

    expect(ended).toMatchObject({ outcome: 'failed', reason: 'step-timed-out' });
    expect(acts).toMatchObject([{ observed: { result: 'done' } }]);
    expect(calls).toEqual(['a']);
  });

  it('needs a person when the announced call is still open after that time too', async () => {
    const scene = createScriptedScene({ timeoutMs: MINUTE });
    scene.script.run = async (context) => {
      if (context.open === null) await context.act({ item: 'a', action: 'turn', facts: {} }, async () => undefined);
      await context.pause(600 * MINUTE);
      return DONE;
    };

    const { ended, acts } = await driveScript(scene);

    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'outcome-unknown' });
    expect(acts).toMatchObject([{ observed: { result: 'unknown' } }]);
    expect(Date.parse(ended?.at ?? '') - Date.parse(acts[0]?.at ?? '')).toBeGreaterThanOrEqual(20 * MINUTE);
  });
});

describe('what a worker does not know', () => {
  it.each<[string, (scene: ReturnType<typeof createScriptedScene>) => void]>([
    ['the step kind', ({ runbooks, script }) => runbooks.splice(0, 1, { ...scriptedRunbook(script), steps: [] })],
    ['the runbook', ({ runbooks }) => runbooks.splice(0, 1)],
    ['this version of the runbook', ({ runbooks, script }) => runbooks.splice(0, 1, scriptedRunbook(script, 0))],
  ])('parks the run for a newer worker: %s', async (_name, age) => {
    const scene = createScriptedScene();
    const { harness, store, script, runbooks } = scene;
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);
    age(scene);

    expect(await harness.through(harness.engine('old').advance(runId, never))).toBe('parked');
    expect((await harness.state(runId)).ended).toBeNull();
    expect(await store.due(harness.clock.nowMs() + 29_000, 9, 0)).toEqual([]);

    runbooks.splice(0, 9, scriptedRunbook(script, 1));
    expect((await harness.drive(runId, 'new', 200)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  it('ends as drifted when the runbook changed its meaning between the plan and the first step', async () => {
    const { harness, script, runbooks } = createScriptedScene();
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);
    runbooks.splice(0, 9, scriptedRunbook(script, 2));

    const ended = await harness.drive(runId, 'new', 200);

    expect(ended.ended).toMatchObject({ outcome: 'drifted', reason: 'plan-drifted' });
    expect(ended.steps.every((step) => step.status === 'pending')).toBe(true);
  });

  it('also before planning', async () => {
    const { harness, runbooks } = createScriptedScene();
    const runId = await harness.start(['x']);
    const known = runbooks.splice(0, 1);

    expect(await harness.through(harness.engine('old').advance(runId, never))).toBe('parked');
    runbooks.push(...known);

    expect((await harness.drive(runId, 'new', 200)).plan).not.toBeNull();
  });
});
