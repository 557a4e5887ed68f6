import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { EVENT_VERSION, type RunEvent } from '../../../src/core/run-event.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { approver, operator, stranger, testPolicy } from '../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';
import { sampleApprovals } from '../../support/run-samples.ts';

const never = new AbortController().signal;

/** A run that waits at its gate, into whose record somebody writes a decision. */
async function forged(scene: Scene, by: readonly Actor[], voted = true): Promise<string> {
  const { harness, store } = scene;
  const runId = await harness.start(['a']);
  const gate = openGate(await harness.drive(runId));
  if (gate === null) throw new Error('it does not wait');
  const told = {
    v: EVENT_VERSION,
    at: harness.clock.nowIso(),
    gate: gate.spec.id,
    hash: gate.hash,
    note: null,
  } as const;
  const votes = voted ? by.map((actor): RunEvent => ({ ...told, type: 'voted', actor, verdict: 'approve' })) : [];
  const settled: RunEvent = { ...told, type: 'gate-settled', verdict: 'approved', by: [...by] };
  store.memory.runs.get(runId)?.events.push(...[...votes, settled].map((event) => JSON.stringify(event)));
  await harness.clock.advance(1000);
  await harness.through(harness.engine('forced').advance(runId, never));
  return runId;
}

describe('a decision that somebody wrote into the store', () => {
  it.each<[string, readonly Actor[], boolean]>([
    ['of somebody without a role', [stranger], true],
    ['of the person who asked', [operator], true],
    ['of nobody', [], true],
    ['without a vote, of somebody without a role', [stranger], false],
  ])('%s is not believed: nothing is touched, and a person is asked', async (_what, by, voted) => {
    const scene = createScene();
    const runId = await forged(scene, by, voted);

    const { ended, locks } = await scene.harness.state(runId);
    expect(ended).toMatchObject({ outcome: 'needs-a-person', reason: 'approval-unconfirmed' });
    expect(ended?.note).toContain('asks for 1 of approver');
    expect(locks).not.toBeNull();
    expect(await scene.store.locks()).toEqual([]);
    expect(scene.world.turns).toEqual([]);
    const audited = (await scene.store.auditEntries(0, 100)).map(({ entry }) => entry.reason);
    expect(audited).toContain('approval-unconfirmed');
  });

  it('of somebody who is entitled passes: the record is all there is', async () => {
    const scene = createScene();
    const runId = await forged(scene, [approver]);

    expect((await scene.harness.drive(runId)).ended).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('what was approved', () => {
  it('is not begun when the policy asks for more by then', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    scene.harness.policy = testPolicy(2);

    expect((await scene.harness.drive(runId)).ended).toMatchObject({ reason: 'approval-unconfirmed' });
    expect(scene.world.turns).toEqual([]);
  });

  it('is not begun when who approved has no role any more', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    scene.harness.policy = { ...testPolicy(), roles: [{ name: 'operator', users: [operator.user] }] };

    expect((await scene.harness.drive(runId)).ended).toMatchObject({ reason: 'approval-unconfirmed' });
  });

  it('goes on to its end once its step has begun, whatever becomes of the policy', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a', 'b']);
    scene.knobs.onRun = () => {
      scene.harness.policy = testPolicy(2);
    };

    expect((await scene.harness.drive(runId)).ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.world.turns).toEqual(['a', 'b']);
  });

  it('is begun when a rule is only looser by then', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    const looser = sampleApprovals({ from: ['approver', 'operator'] });
    scene.harness.policy = { ...testPolicy(), defaultApprovals: looser };

    expect((await scene.harness.drive(runId)).ended).toMatchObject({ outcome: 'succeeded' });
  });
});
