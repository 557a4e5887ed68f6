import { describe, expect, it } from 'vitest';
import { createDesk } from '../../../src/engine/desk.ts';
import { approver, operator, secondApprover, stranger } from '../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';

const HALF_HOUR_MS = 1_800_000;

/** A run that waits at its gate. */
async function waitingRun(scene: Scene): Promise<string> {
  const runId = await scene.harness.start(['a', 'b']);
  await scene.harness.drive(runId);
  return runId;
}

describe('what users of other tools suffer from: runs that cannot be stopped, or go on by themselves', () => {
  it('bullmq #3768, #3814: a cancel that another process takes stops the run', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const elsewhere = createDesk(harness.deps('another-process'));
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      await turn(valve);
      await elsewhere.cancel({ runId, actor: operator, idempotencyKey: 'c' });
    };

    const state = await harness.drive(runId);

    expect(state.ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.turns).toEqual(['a']);
    expect(await scene.store.locks()).toEqual([]);
  });

  it('argo-workflows #17041: a run that waits for people is stopped too', async () => {
    const scene = createScene();
    const runId = await waitingRun(scene);
    await createDesk(scene.harness.deps('another-process')).cancel({ runId, actor: operator, idempotencyKey: 'c' });
    await scene.harness.through(scene.harness.engine('w').advance(runId, new AbortController().signal));

    expect((await scene.harness.state(runId)).ended).toMatchObject({ outcome: 'cancelled' });
    expect(await scene.harness.approve(runId)).toMatchObject({ ok: false, reason: 'run-ended' });
    expect(scene.world.turns).toEqual([]);
  });

  it('bullmq #439: a job that is given out twice does a step once', async () => {
    const scene = createScene();
    const { harness, knobs, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const second: string[] = [];
    knobs.onRun = async () => {
      second.push(await harness.engine('second').advance(runId, new AbortController().signal));
    };
    await harness.drive(runId);

    expect(new Set(second)).toEqual(new Set(['held']));
    expect(world.turns).toEqual(['a', 'b']);
  });

  it('openclaw #71023: a question that nobody answers ends by itself, and its end is in the record', async () => {
    const scene = createScene();
    const runId = await waitingRun(scene);
    await scene.harness.clock.advance(HALF_HOUR_MS);
    await scene.harness.through(scene.harness.engine('w').advance(runId, new AbortController().signal));

    expect((await scene.harness.state(runId)).ended).toMatchObject({ outcome: 'expired', reason: 'gate-expired' });
    expect(scene.world.turns).toEqual([]);
  });
});

describe('what users of other tools suffer from: answers that come twice, or are forgotten', () => {
  it('hubot-slack #624, hubot-friends/hubot-slack #40, bolt-js #2112: two replicas that get one request make one run', async () => {
    const scene = createScene();
    const asked = await Promise.all(
      Array.from({ length: 3 }, async () => await scene.harness.ask(['a'], { key: 'one delivery' })),
    );

    expect(asked.map(({ kind }) => kind).toSorted()).toEqual(['duplicate', 'duplicate', 'queued']);
    expect(new Set(asked.map((each) => (each.kind === 'refused' ? '' : each.runId))).size).toBe(1);
  });

  it('argo #9445, teleport #5141, #153: who asked, approved, rejected and was refused is in the audit log by name', async () => {
    const scene = createScene();
    const [approved, rejected] = [await waitingRun(scene), await waitingRun(scene)];
    await scene.harness.approve(approved, stranger);
    await scene.harness.approve(approved, operator);
    await scene.harness.approve(approved, approver);
    await scene.harness.reject(rejected, secondApprover);

    const entries = (await scene.store.auditEntries(0, 1000)).map(({ entry }) => entry);
    const named = entries.flatMap(({ action, actor, reason }) =>
      ['request', 'refusal', 'vote'].includes(action) ? [[action, actor?.user, reason]] : [],
    );
    expect(named).toEqual([
      ['request', operator.user, null],
      ['request', operator.user, null],
      ['refusal', stranger.user, 'not-an-approver'],
      ['refusal', operator.user, expect.stringMatching(/not-an-approver|requester-may-not-approve/)],
      ['vote', approver.user, null],
      ['vote', secondApprover.user, null],
    ]);
    const decisions = entries.filter(({ action }) => action === 'decision').map(({ detail }) => detail);
    expect(decisions).toMatchObject([
      { verdict: 'approved', by: [approver.user] },
      { verdict: 'rejected', by: [secondApprover.user] },
    ]);
  });
});
