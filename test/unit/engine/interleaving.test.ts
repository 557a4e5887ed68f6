import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/run-event.ts';
import { operator } from '../../support/engine-harness.ts';
import { createScriptedScene, DONE, driveScript, type ScriptedScene } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;

/** An approved run that was not advanced since. */
async function approved({ harness }: ScriptedScene): Promise<string> {
  const runId = await harness.start(['x']);
  await harness.drive(runId);
  await harness.approve(runId);
  return runId;
}

/** Takes the lease away, as a successor would that found it expired. */
async function steal({ harness, store }: ScriptedScene, runId: string): Promise<void> {
  const run = store.memory.runs.get(runId);
  if (run !== undefined) run.lease = null;
  await store.claim(runId, 'thief', 30_000, harness.clock.nowMs());
}

/** Whether an event of this type is stored. */
async function has({ store }: ScriptedScene, runId: string, type: RunEvent['type']): Promise<boolean> {
  return JSON.stringify((await store.read(runId))?.events ?? []).includes(`"type":"${type}"`);
}

describe('a word that comes while the owner works', () => {
  it('a cancel fires the signal of a step that waits, within seconds', async () => {
    const scene = createScriptedScene();
    const runId = await approved(scene);
    const { harness } = scene;
    let waitedMs = 0;
    scene.script.run = async (context) => {
      const since = context.nowMs();
      await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
      await context.pause(600_000).finally(() => {
        waitedMs = context.nowMs() - since;
      });
      return DONE;
    };

    expect((await harness.drive(runId)).ended?.outcome).toBe('cancelled');
    expect(waitedMs).toBeLessThanOrEqual(2000);
  });

  it('a cancel leaves an announced call alone until it was looked at', async () => {
    const scene = createScriptedScene();
    const runId = await approved(scene);
    const seen: boolean[] = [];
    scene.script.run = async (context) => {
      if (context.open === null) {
        await context.act({ item: 'a', action: 'turn', facts: {} }, async (signal) => {
          await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
          await context.pause(30_000);
          seen.push(signal.aborted);
        });
      }
      seen.push(context.stopping);
      await context.observed({ result: 'done', note: '', evidence: null });
      return { kind: 'again', afterMs: 0, state: null, note: '' };
    };

    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('cancelled');
    expect(seen).toEqual([false, true]);
  });

  it('between the last look and parking is not missed', async () => {
    const scene = createScriptedScene();
    const { harness, store } = scene;
    const runId = await harness.start(['x']);
    const park = store.park.bind(store);
    let first = true;
    store.park = async (lease, seen, wakeAtMs) => {
      if (first) {
        first = false;
        await harness.approve(runId);
      }
      return await park(lease, seen, wakeAtMs);
    };

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('ended');
    expect((await harness.state(runId)).ended?.outcome).toBe('succeeded');
  });

  it('a second cancel is fine, and one is written', async () => {
    const scene = createScriptedScene();
    const runId = await scene.harness.start(['x']);
    for (const idempotencyKey of ['c1', 'c2'])
      expect(await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey })).toMatchObject({ ok: true });

    const { events = [] } = (await scene.store.read(runId)) ?? {};
    expect(events).toHaveLength(2);
  });
});

describe('an answer of the store that is lost', () => {
  it('to the announcement: it is there, the call is made once', async () => {
    const calls: string[] = [];
    const scene = createScriptedScene();
    scene.script.run = async (context) => {
      scene.store.failures.failNext('append', 'after');
      await context.act({ item: 'a', action: 'turn', facts: {} }, async () => calls.push('a'));
      await context.observed({ result: 'done', note: '', evidence: null });
      return DONE;
    };

    const { ended, acts } = await driveScript(scene);

    expect([ended?.outcome, calls, acts.length]).toEqual(['succeeded', ['a'], 1]);
  });

  it('to any write of a run: nothing is written twice', async () => {
    for (let lost = 0; lost < 12; lost += 1) {
      const scene = createScriptedScene();
      const { harness, store, script } = scene;
      script.run = async (context) => {
        await context.registerCleanup({ id: 'sign', kind: 'scripted.restore@1', input: null, summary: 'sign' });
        await context.progress('working');
        return DONE;
      };
      const runId = await harness.start(['x']);
      await harness.drive(runId);
      await harness.approve(runId);
      let writes = 0;
      const append = store.append.bind(store);
      store.append = async (id, write) => {
        const answer = await append(id, write);
        writes += 1;
        if (writes === lost + 1) throw new Error('the connection broke before the answer');
        return answer;
      };

      const { ended } = await harness.drive(runId);

      const { events = [] } = (await store.read(runId)) ?? {};
      expect(ended?.outcome).toBe('succeeded');
      expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length);
    }
  });
});

describe('a lease that is lost', () => {
  it('before parking: the successor has the run', async () => {
    const scene = createScriptedScene();
    const { harness, store } = scene;
    const runId = await harness.start(['x']);
    const park = store.park.bind(store);
    store.park = async (lease, seen, wakeAtMs) => {
      await steal(scene, runId);
      return await park(lease, seen, wakeAtMs);
    };

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('lost');
  });

  it('while the step waits: its signal fires at the next renewal, and nothing more is written', async () => {
    const scene = createScriptedScene();
    const runId = await approved(scene);
    let reason = '';
    scene.script.run = async (context) => {
      await steal(scene, runId);
      context.signal.addEventListener('abort', () => {
        reason = String(context.signal.reason);
      });
      await context.pause(600_000);
      return DONE;
    };

    expect(await scene.harness.through(scene.harness.engine('w').advance(runId, never))).toBe('lost');
    expect(reason).toBe('lease-lost');
    expect(await has(scene, runId, 'step-done')).toBe(false);
  });

  it('between announcement and call: the call is not made', async () => {
    const scene = createScriptedScene();
    const runId = await approved(scene);
    const calls: string[] = [];
    const append = scene.store.append.bind(scene.store);
    scene.store.append = async (id, write) => {
      const answer = await append(id, write);
      if (write.events.some((event) => event.type === 'intent')) await steal(scene, runId);
      return answer;
    };
    scene.script.run = async (context) => {
      await context.act({ item: 'a', action: 'turn', facts: {} }, async () => calls.push('a'));
      return DONE;
    };

    expect(await scene.harness.through(scene.harness.engine('w').advance(runId, never))).toBe('lost');
    expect(calls).toEqual([]);
  });

  it('while something is put back: the successor puts it back again, which must be safe', async () => {
    const scene = createScriptedScene();
    const { harness } = scene;
    const runId = await approved(scene);
    let tries = 0;
    scene.script.run = async (context) => {
      await context.registerCleanup({ id: 'sign', kind: 'scripted.restore@1', input: null, summary: 'sign' });
      return DONE;
    };
    scene.script.restore = async () => {
      tries += 1;
      if (tries === 1) await steal(scene, runId);
      return null;
    };

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('lost');
    expect((await harness.drive(runId, 'new', 200)).ended?.outcome).toBe('succeeded');
    expect(tries).toBe(2);
  });
});

describe('shutdown', () => {
  it('fires the signal of a step that waits; the lease is free at once', async () => {
    const scene = createScriptedScene();
    const { harness, store } = scene;
    const runId = await approved(scene);
    const shutdown = new AbortController();
    scene.script.run = async (context) => {
      shutdown.abort('shutdown');
      await context.pause(600_000);
      return DONE;
    };

    expect(await harness.through(harness.engine('old').advance(runId, shutdown.signal))).toBe('shutdown');
    expect(await store.due(harness.clock.nowMs(), 9, 0)).toEqual([runId]);
    expect(await store.claim(runId, 'new', 30_000, harness.clock.nowMs())).not.toBeNull();
  });

  it('that came before the wake-up does nothing, also when the lease cannot be given back', async () => {
    const scene = createScriptedScene();
    const runId = await approved(scene);
    const before = (await scene.store.read(runId))?.version;
    scene.store.failures.failNext('release');

    expect(await scene.harness.engine('old').advance(runId, AbortSignal.abort('shutdown'))).toBe('shutdown');
    expect((await scene.store.read(runId))?.version).toBe(before);
  });
});
