import { describe, expect, it } from 'vitest';
import { approver, operator, stranger } from '../../support/engine-harness.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

describe('cancelling', () => {
  it('works while a run waits for people; the gate then refuses', async () => {
    const { harness, world } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);

    expect(await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c1' })).toMatchObject({ ok: true });
    expect(await harness.approve(runId)).toMatchObject({ ok: false, reason: 'run-stopping' });
    await harness.through(harness.engine('w').advance(runId, new AbortController().signal));

    expect((await harness.state(runId)).ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.turns).toEqual([]);
  });

  it('takes effect between items: what was begun is looked at, nothing further is touched, all is put back', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      await turn(valve);
      await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c1' });
    };

    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.turns).toEqual(['a']);
    expect(ended.acts).toMatchObject([{ item: 'a', observed: { result: 'done' } }]);
    expect(world.signUp).toBe(false);
    expect(await harness.store.locks()).toEqual([]);
  });

  it('fires the signal of a step that waits', async () => {
    const scene = createScene();
    const { harness, world, knobs } = scene;
    const runId = await approvedRun(scene, ['a']);
    knobs.onRun = async () => {
      await harness.desk.cancel({ runId, actor: approver, idempotencyKey: 'c1' });
    };

    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.turns).toEqual([]);
  });

  it('is for the requester and for approvers only', async () => {
    const { harness } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);

    expect(await harness.desk.cancel({ runId, actor: stranger, idempotencyKey: 'c1' })).toMatchObject({
      ok: false,
      reason: 'not-yours',
    });
    const foreign = { team: 'T0ELSE', user: operator.user };
    expect(await harness.desk.cancel({ runId, actor: foreign, idempotencyKey: 'c2' })).toMatchObject({
      ok: false,
      reason: 'not-yours',
    });
    expect(await harness.desk.cancel({ runId, actor: approver, idempotencyKey: 'c3' })).toMatchObject({ ok: true });
    expect(
      await harness.desk.cancel({ runId: 'valve-prod-none', actor: approver, idempotencyKey: 'c4' }),
    ).toMatchObject({ reason: 'unknown-run' });
  });

  it('is refused after the end', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    await scene.harness.drive(runId);

    expect(await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c1' })).toMatchObject({
      ok: false,
      reason: 'run-ended',
    });
  });
});
