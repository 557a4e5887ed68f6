import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnyRunbook, defineCleanup } from '../../../src/core/runbook.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { operator } from '../../support/engine-harness.ts';
import { createScriptedScene, DONE, driveScript, type Script } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;
const other = defineCleanup({ kind: 'scripted.other@1', input: z.null(), needs: [], restore: async () => null });
const cleanup = { id: 'sign', kind: 'scripted.restore@1', input: null, summary: 'warning sign' };

/** A run that changed something for its duration, and then ends with this answer of its step. */
function withSign(over: Partial<Script>, answer: Awaited<ReturnType<Script['run']>> = DONE) {
  return createScriptedScene({
    run: async (context) => {
      await context.registerCleanup(cleanup);
      return answer;
    },
    ...over,
  });
}

describe('planning that goes wrong', () => {
  it('ends as failed with the words of the error; nothing was changed', async () => {
    const { ended, plan } = await driveScript(
      createScriptedScene({
        onPlan: () => {
          throw new Error('etcd-1 speaks nonsense');
        },
      }),
    );

    expect(ended).toMatchObject({ outcome: 'failed', reason: 'plan-failed', note: 'etcd-1 speaks nonsense' });
    expect(plan).toBeNull();
  });

  it('ends as failed when it takes too long, whether it listens to its signal or not', async () => {
    for (const listens of [true, false]) {
      const scene = createScriptedScene();
      let fired = false;
      scene.script.onPlan = async (signal) => {
        signal.addEventListener('abort', () => {
          fired = true;
        });
        await scene.harness.clock.sleep(3_600_000, listens ? signal : undefined);
      };

      const { ended } = await driveScript(scene);

      expect(ended).toMatchObject({ reason: 'plan-failed', note: 'planning took longer than 120 s' });
      expect(fired).toBe(true);
    }
  });

  it('ends as failed when the cluster is not configured on the worker, or a port cannot be made', async () => {
    const broken = {
      'cluster prod is not configured on this worker': { cluster: () => null },
      'no certificate': {
        ports: async () => {
          throw new Error('no certificate');
        },
      },
    };
    for (const [note, deps] of Object.entries(broken)) {
      const { harness } = createScriptedScene();
      const runId = await harness.start(['x']);
      await harness.through(createEngine({ ...harness.deps('w'), ...deps }).advance(runId, never));

      expect((await harness.drive(runId)).ended).toMatchObject({ reason: 'plan-failed', note });
    }
  });

  it('ends as cancelled when a cancel came meanwhile, whether planning succeeds or not', async () => {
    for (const fails of [true, false]) {
      const scene = createScriptedScene();
      const runId = await scene.harness.start(['x']);
      scene.script.onPlan = async () => {
        await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
        if (fails) throw new Error('too late');
      };

      expect((await scene.harness.drive(runId)).ended).toMatchObject({ outcome: 'cancelled' });
    }
  });

  it('is left to a successor on shutdown', async () => {
    const scene = createScriptedScene();
    const runId = await scene.harness.start(['x']);
    const shutdown = new AbortController();
    scene.script.onPlan = (signal) => {
      shutdown.abort('shutdown');
      signal.throwIfAborted();
    };

    expect(await scene.harness.through(scene.harness.engine('old').advance(runId, shutdown.signal))).toBe('shutdown');
    scene.script.onPlan = () => undefined;

    expect((await scene.harness.drive(runId, 'new')).plan).not.toBeNull();
  });
});

describe('what was changed only for the run', () => {
  it('is put back in the end, also after a failure, which stays the reason', async () => {
    let restored = 0;
    const scene = withSign(
      {
        restore: () => {
          restored += 1;
          return null;
        },
      },
      { kind: 'stop', reason: 'quorum-at-risk', note: 'two of three' },
    );

    const { ended, cleanups } = await driveScript(scene);

    expect(ended).toMatchObject({ outcome: 'failed', reason: 'quorum-at-risk', note: 'two of three' });
    expect(cleanups).toMatchObject([{ status: 'done' }]);
    expect(restored).toBe(1);
  });

  it('is tried three times', async () => {
    let tries = 0;
    const { ended } = await driveScript(
      withSign({
        restore: () => {
          tries += 1;
          if (tries === 1) throw new Error('busy');
          return tries === 2 ? 'still busy' : null;
        },
      }),
    );

    expect(ended?.outcome).toBe('succeeded');
    expect(tries).toBe(3);
  });

  it.each<[string, Script['restore']]>([
    ['answers why not', () => 'it is stuck'],
    [
      'throws',
      () => {
        throw new Error('it is stuck');
      },
    ],
  ])('needs a person when putting back %s; the note has both reasons', async (_name, restore) => {
    const { ended, cleanups } = await driveScript(
      withSign({ restore }, { kind: 'stop', reason: 'etcd-refused', note: 'no' }),
    );

    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'cleanup-failed' });
    expect(ended?.note).toBe('warning sign: it is stuck. The run itself ended with "etcd-refused": no');
    expect(cleanups).toMatchObject([{ status: 'failed', note: 'it is stuck' }]);
  });

  it('says that a run which went well has something left over', async () => {
    expect((await driveScript(withSign({ restore: () => 'stuck' }))).ended?.note).toBe(
      'warning sign: stuck. The run itself ended with "done"',
    );
  });

  it('needs a person when this version does not know how; the rest is put back, last first', async () => {
    const order: string[] = [];
    const older: AnyRunbook[] = [];
    const scene = createScriptedScene({
      run: async (context) => {
        await context.registerCleanup({ ...cleanup, id: 'first' });
        await context.registerCleanup({ ...cleanup, id: 'unknown', kind: 'scripted.other@1', summary: 'guard' });
        await context.registerCleanup({ ...cleanup, id: 'last' });
        await context.registerCleanup({ ...cleanup, id: 'last' });
        // From here on it is an older worker.
        scene.runbooks.splice(0, 1, ...older);
        return DONE;
      },
    });
    older.push(...scene.runbooks.splice(0));
    for (const known of older) scene.runbooks.push({ ...known, cleanups: [...known.cleanups, other] });
    scene.script.restore = () => {
      order.push('restored');
      return null;
    };

    const { ended, cleanups } = await driveScript(scene);

    expect(ended).toMatchObject({
      reason: 'cleanup-failed',
      note: expect.stringContaining('guard: this version does not know'),
    });
    expect(cleanups.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'done'],
      ['unknown', 'failed'],
      ['last', 'done'],
    ]);
    expect(order).toHaveLength(2);
  });

  it.each(['read', 'disruptive'] as const)(
    'that its runbook does not declare is not begun in a step that is %s, also when another runbook declares it',
    async (risk) => {
      const made: string[] = [];
      const scene = createScriptedScene({
        risks: [risk],
        run: async (context) => {
          await context.registerCleanup({ ...cleanup, kind: 'scripted.other@1' });
          made.push(cleanup.summary);
          return DONE;
        },
      });
      scene.runbooks.push(...scene.runbooks.map((known) => ({ ...known, id: 'another', cleanups: [other] })));

      const { ended, cleanups } = await driveScript(scene);

      expect(ended).toMatchObject({
        outcome: 'failed',
        reason: 'step-failed',
        note: 'runbook valve-turn does not declare the cleanup scripted.other@1, so warning sign was not begun',
      });
      expect([made, cleanups]).toEqual([[], []]);
      expect(await scene.store.locks()).toEqual([]);
    },
  );

  it('is not put back again when the step did it', async () => {
    let restored = 0;
    const { ended, cleanups } = await driveScript(
      createScriptedScene({
        run: async (context) => {
          await context.registerCleanup(cleanup);
          await context.cleanedUp(cleanup.id);
          await context.cleanedUp('another');
          return DONE;
        },
        restore: () => {
          restored += 1;
          return null;
        },
      }),
    );

    expect([ended?.outcome, cleanups[0]?.status, restored]).toEqual(['succeeded', 'done', 0]);
  });
});

describe('every ending', () => {
  it('counts the steps done and planned', async () => {
    const scene = createScriptedScene({ risks: ['read', 'disruptive', 'read'] });
    scene.script.run = (context) =>
      context.outputs[0] === null ? DONE : { kind: 'stop', reason: 'member-unhealthy', note: '' };
    scene.script.verify = () => ({ kind: 'done', output: { ok: true }, note: '' });

    await driveScript(scene);

    const [last] = (await scene.store.auditEntries(0, 100)).slice(-1);
    expect(last?.entry).toMatchObject({ action: 'end', detail: { stepsDone: 1, stepsPlanned: 3, outcome: 'failed' } });
  });

  it('is kept for its time and then leaves only its audit entries', async () => {
    const scene = createScriptedScene();
    const { id } = await driveScript(scene);
    const { harness, store } = scene;
    const entries = await store.auditEntries(0, 100);
    expect(await harness.engine('w').prune()).toBe(0);

    await harness.clock.advance(31 * 86_400_000);

    expect(await harness.engine('w').prune()).toBe(1);
    expect(await store.read(id)).toBeNull();
    expect(await store.auditEntries(0, 100)).toEqual(entries);
  });
});
