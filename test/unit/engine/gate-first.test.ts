import { describe, expect, it } from 'vitest';
import { openGate, type RunState } from '../../../src/core/run-state.ts';
import { createScriptedScene, DONE, type ScriptedScene } from '../../support/scripted-runbook.ts';

const LOCK = 'cluster/prod/valves';

/** One wake-up of the run, as the sweep would give it when it is due. */
async function wake({ harness }: ScriptedScene, runId: string, worker = 'next'): Promise<RunState> {
  await harness.through(harness.engine(worker).advance(runId, new AbortController().signal));
  return await harness.state(runId);
}

describe('a plan that wants its gate first', () => {
  it('is asked about, and has its locks, before a step that only reads', async () => {
    const held: (readonly string[])[] = [];
    const scene = createScriptedScene({ risks: ['read', 'irreversible'], gateFirst: true });
    scene.script.run = async () => {
      held.push((await scene.store.locks()).map(({ name }) => name));
      return DONE;
    };
    const runId = await scene.harness.start([LOCK]);
    const waiting = await scene.harness.drive(runId);
    expect(openGate(waiting)?.spec).toMatchObject({ id: 'approve', kind: 'typed', beforeStep: 0, expect: 'prod' });
    expect(held).toEqual([]);
    await scene.harness.approve(runId);

    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
    expect(held[0]).toContain(LOCK);
  });

  it('waits for another run with the lock before that step', async () => {
    const scene = createScriptedScene({ risks: ['read', 'disruptive'], gateFirst: true });
    const [one, other] = [await scene.harness.start([LOCK]), await scene.harness.start([LOCK], { wait: true })];
    scene.script.run = ({ runId }) =>
      runId === one ? { kind: 'again', afterMs: 600_000, state: null, note: 'at work' } : DONE;
    for (const runId of [one, other]) {
      await scene.harness.drive(runId);
      await scene.harness.approve(runId);
    }
    await wake(scene, one);
    const waiting = await wake(scene, other);

    expect(waiting.lockWait?.heldBy).toBe(one);
    expect(waiting.steps.map(({ status }) => status)).toEqual(['pending', 'pending']);
  });

  it('locks also what only planning could name', async () => {
    const scene = createScriptedScene({ planLocks: ['object/9c1e'] });
    const runId = await scene.harness.start([LOCK]);
    const { plan } = await scene.harness.drive(runId);

    expect(plan?.locks).toEqual([LOCK, 'identity/script-1/valves', 'object/9c1e']);
  });
});
