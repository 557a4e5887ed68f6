import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { approver, operator, secondApprover, testPolicy } from '../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';

/** A run that was approved by the approver and then drifted; answers the run planned again by `who`. */
async function again(scene: Scene, who: Actor, between: () => Promise<void> | void) {
  const { harness, knobs } = scene;
  const runId = await approvedRun(scene, ['a']);
  knobs.facts = { plant: 'b' };
  await harness.drive(runId);
  knobs.facts = { plant: 'a' };
  await between();
  const ask = { runId, actor: who, origin: { channel: 'C0', threadTs: null }, idempotencyKey: 'again' };
  const result = await harness.desk.planAgain(ask);
  return result.kind === 'queued' ? await harness.drive(result.runId) : null;
}

describe('an approval that stands after a drift', () => {
  it('does not when its time is over', async () => {
    const scene = createScene();

    const state = await again(scene, operator, async () => await scene.harness.clock.advance(31 * 60_000));

    expect(state === null ? null : openGate(state)?.votes).toEqual([]);
  });

  it('ends when it would have ended the first time', async () => {
    const scene = createScene();

    const state = await again(scene, operator, async () => await scene.harness.clock.advance(20 * 60_000));

    expect(state?.ended?.outcome).toBe('succeeded');
    const before = await scene.harness.state(state?.request?.after ?? '');
    expect(state?.gates[0]?.expiresAt).toBe(before.gates[0]?.expiresAt);
  });

  it('does not when the one who gave it may no longer decide', async () => {
    const scene = createScene();
    const operators = { name: 'operator', users: [operator.user] };

    const state = await again(scene, operator, () => {
      scene.harness.policy = {
        ...testPolicy(),
        roles: [operators, { name: 'approver', users: [secondApprover.user] }],
      };
    });

    expect(state === null ? null : openGate(state)?.settled).toBeNull();
  });

  it('does not when the one who gave it now asks', async () => {
    const scene = createScene();
    const rules = [{ clusters: ['prod'], commands: ['valve'], allow: ['operator', 'approver'], approvals: null }];
    scene.harness.policy = { ...testPolicy(), rules };

    const state = await again(scene, approver, () => undefined);

    expect(state?.ended).toBeNull();
    expect(await scene.harness.approve(state?.id ?? '', approver)).toMatchObject({
      reason: 'requester-may-not-approve',
    });
  });
});
