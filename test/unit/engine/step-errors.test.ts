import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/engine/engine.ts';
import { createScriptedScene, DONE, driveScript, type ScriptContext } from '../../support/scripted-runbook.ts';

/** Announces and makes a call that is counted in `calls`. */
async function turn(context: ScriptContext, calls: string[], fail: string | null = null): Promise<void> {
  await context.act({ item: 'a', action: 'turn', facts: {} }, async () => {
    calls.push('a');
    if (fail !== null) throw new Error(fail);
  });
}

describe('a throw where nothing was announced', () => {
  it.each([
    ['read', 3],
    ['reversible', 2],
    ['disruptive', 1],
    ['irreversible', 1],
  ] as const)(
    'in a step that is %s: tried %i times, then failed with the words of the error',
    async (risk, attempts) => {
      let runs = 0;
      const scene = createScriptedScene({
        risks: [risk],
        run: () => {
          runs += 1;
          throw new Error(`broken pipe ${runs}`);
        },
      });

      const { ended, steps } = await driveScript(scene);

      expect(ended).toMatchObject({ outcome: 'failed', reason: 'step-failed', note: `broken pipe ${attempts}` });
      expect(runs).toBe(attempts);
      expect(steps[0]?.status).toBe('running');
    },
  );

  it('goes on when a further attempt answers, and forgets the errors then', async () => {
    let runs = 0;
    const { ended, steps } = await driveScript(
      createScriptedScene({
        risks: ['read', 'read'],
        run: () => {
          runs += 1;
          if (runs % 3 !== 0) throw new Error('busy');
          return DONE;
        },
      }),
    );

    expect(ended?.outcome).toBe('succeeded');
    expect(steps.map((step) => step.status)).toEqual(['done', 'done']);
    expect(runs).toBe(6);
  });

  it('waits longer before each attempt, at least as long as the step asks', async () => {
    const times: number[] = [];
    const scene = createScriptedScene({ risks: ['reversible'] });
    scene.script.run = () => {
      times.push(scene.harness.clock.nowMs());
      throw new Error('busy');
    };

    await driveScript(scene);

    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it.each(['check', 'verify'] as const)('counts in %s as well', async (part) => {
    const { ended } = await driveScript(
      createScriptedScene({
        [part]: () => {
          throw new Error(`no ${part}`);
        },
      }),
    );

    expect(ended).toMatchObject({ outcome: 'failed', reason: 'step-failed', note: `no ${part}` });
  });

  it('is told in words when the port cannot be made or the cluster is gone from the configuration', async () => {
    const scene = createScriptedScene();
    const runId = await scene.harness.start(['x']);
    await scene.harness.drive(runId);
    await scene.harness.approve(runId);
    const deps = scene.harness.deps('w');
    const engine = createEngine({ ...deps, cluster: () => null });

    await scene.harness.through(engine.advance(runId, new AbortController().signal));

    expect((await scene.harness.state(runId)).ended).toMatchObject({
      reason: 'step-failed',
      note: expect.stringContaining('not configured'),
    });
  });
});

describe('a throw from an announced call', () => {
  it('is looked at: seen done, the step goes on and the call is not made again', async () => {
    const calls: string[] = [];
    const { ended, acts } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          if (context.open === null) await turn(context, calls, 'connection reset');
          await context.observed({ result: 'done', note: 'seen', evidence: { size: 1 } });
          return DONE;
        },
      }),
    );

    expect(ended?.outcome).toBe('succeeded');
    expect(acts).toMatchObject([{ item: 'a', observed: { result: 'done', evidence: { size: 1 } } }]);
    expect(calls).toEqual(['a']);
  });

  it('is looked at: seen not to have happened, the call is made once more', async () => {
    const calls: string[] = [];
    const { ended, acts } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          if (context.open !== null) await context.observed({ result: 'not-done', note: 'as before', evidence: null });
          await turn(context, calls, calls.length === 0 ? 'refused' : null);
          await context.observed({ result: 'done', note: 'seen', evidence: null });
          return DONE;
        },
      }),
    );

    expect(ended?.outcome).toBe('succeeded');
    expect(acts.map((act) => act.observed?.result)).toEqual(['not-done', 'done']);
    expect(calls).toEqual(['a', 'a']);
  });

  it('needs a person when no look succeeds; the call was made once', async () => {
    const calls: string[] = [];
    let looks = 0;
    const { ended, acts } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          if (context.open === null) await turn(context, calls, 'connection reset');
          looks += 1;
          throw new Error('no answer');
        },
      }),
    );

    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'outcome-unknown', note: 'no answer' });
    expect(acts).toMatchObject([{ observed: { result: 'unknown' } }]);
    expect(looks).toBe(4);
    expect(calls).toEqual(['a']);
  });
});

describe('a step with a mistake in it', () => {
  it.each([
    ['before it looked at the first', null, 'needs-a-person'],
    ['after it was seen to be done', 'done', 'failed'],
    // A worker that died between what it saw and its answer leaves the step like this.
    ['after nobody could tell', 'unknown', 'needs-a-person'],
  ] as const)('cannot make the same call twice: %s', async (_name, result, outcome) => {
    const calls: string[] = [];
    const { ended } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          if (context.open === null) await turn(context, calls);
          if (result !== null) await context.observed({ result, note: '', evidence: null });
          await turn(context, calls);
          return DONE;
        },
      }),
    );

    expect(ended).toMatchObject({ outcome, note: expect.stringMatching(/turn of a was (announced|made before)/) });
    expect(calls).toEqual(['a']);
  });

  it('may make another call of the same kind', async () => {
    const calls: string[] = [];
    const { ended } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          await turn(context, calls);
          await context.observed({ result: 'done', note: '', evidence: null });
          await context.act({ item: 'b', action: 'turn', facts: {} }, async () => calls.push('b'));
          await context.observed({ result: 'done', note: '', evidence: null });
          return DONE;
        },
      }),
    );

    expect(ended?.outcome).toBe('succeeded');
    expect(calls).toEqual(['a', 'b']);
  });

  it('is not done before it looked at its call', async () => {
    const { ended, steps } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          await turn(context, []);
          return DONE;
        },
      }),
    );

    expect(ended).toMatchObject({
      reason: 'outcome-unknown',
      note: expect.stringContaining('never looked at turn of a'),
    });
    expect(steps[0]?.status).toBe('running');
  });

  it.each([
    ['member-silent', 'member-silent'],
    ['outcome-unknown', 'outcome-unknown'],
    ['not-verified', 'outcome-unknown'],
    ['plan-drifted', 'outcome-unknown'],
  ] as const)('that stops with %s and an open call ends as %s', async (stop, reason) => {
    const { ended, acts } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          await turn(context, []);
          return { kind: 'stop', reason: stop, note: 'silent' };
        },
      }),
    );

    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason, note: 'silent' });
    expect(acts).toMatchObject([{ observed: { result: 'unknown', note: 'silent' } }]);
  });

  it('has no effect by observing when nothing is open', async () => {
    const { ended, acts } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          await context.observed({ result: 'done', note: '', evidence: null });
          return DONE;
        },
      }),
    );

    expect([ended?.outcome, acts]).toEqual(['succeeded', []]);
  });
});
