import { describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Approvals } from '../../../src/core/plan.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { openGate, type RunState } from '../../../src/core/run-state.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { approver, operator, TEAM, testPolicy } from '../../support/engine-harness.ts';
import { asked, fired, gateOf, MINUTE_MS, newest, TIMES, whyNot } from '../../support/standing-scene.ts';

const lead = { team: TEAM, user: 'U0LEAD' };
const ESCALATE: NonNullable<Approvals['escalate']> = { afterMs: 10 * MINUTE_MS, to: ['lead'] };

function policyWith(escalate?: Approvals['escalate']): Policy {
  const policy = testPolicy();
  const more = escalate === undefined ? {} : { escalate };
  return {
    ...policy,
    roles: [...policy.roles, { name: 'lead', users: [lead.user] }],
    defaultApprovals: { ...policy.defaultApprovals, ...more },
  };
}

/** Waits until the gate of a run has escalated, and has somebody approve it. */
async function decidedLate({ harness }: ControlScene, { id }: RunState, who: Actor): Promise<void> {
  await harness.clock.advance(11 * MINUTE_MS);
  await harness.through(harness.engine('late').advance(id, new AbortController().signal));
  expect(await harness.approve(id, who)).toMatchObject({ ok: true, settled: 'approved' });
}

const types = async ({ store }: ControlScene, { id }: RunState): Promise<readonly string[]> =>
  ((await store.read(id))?.events ?? [])
    .map((event) => JSON.stringify(event))
    .flatMap((event) =>
      ['gate-opened', 'gate-escalated', 'gate-settled'].filter((type) => event.includes(`"${type}"`)),
    );

/** A standing approval that somebody granted after the question had escalated. */
async function grantedBy(who: Actor): Promise<ControlScene> {
  const scene = createControlScene(TIMES);
  scene.harness.policy = policyWith(ESCALATE);
  const question = await asked(scene);
  await decidedLate(scene, question, who);
  expect((await scene.harness.drive(question.id)).ended?.reason).toBe('approved-in-advance');
  await scene.keep();
  return scene;
}

describe('an approval after an escalation', () => {
  test('given in advance, lets the runs of the schedule begin and come to their end', async () => {
    const scene = await grantedBy(lead);
    const run = await fired(scene, 49 * MINUTE_MS);
    expect(gateOf(run)?.settled).toMatchObject({ verdict: 'approved', by: [lead] });
    expect(run.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(await types(scene, run)).toEqual(['gate-opened', 'gate-escalated', 'gate-settled']);
  });

  test.each([
    ['nobody stands in any more', undefined],
    ['others stand in now', { ...ESCALATE, to: ['operator'] }],
  ])('given in advance, does not count when %s: people are asked', async (_when, escalate) => {
    const scene = await grantedBy(lead);
    scene.harness.policy = policyWith(escalate);
    const run = await fired(scene, 49 * MINUTE_MS);
    expect(openGate(run)?.escalatedAt).toBeNull();
    expect(whyNot(run)).not.toBe('');
  });

  test('given in advance by who is asked first, does not count when nobody stands in any more', async () => {
    const scene = await grantedBy(approver);
    scene.harness.policy = policyWith();
    expect(whyNot(await fired(scene, 49 * MINUTE_MS))).toContain('escalation');
  });

  test.each([lead, approver])('stands after a drift with the same plan, to the end of the run ($user)', async (who) => {
    let drifts = true;
    const scene = createControlScene(TIMES, {
      check: () => (drifts ? { kind: 'stop', reason: 'plan-drifted', note: 'gone' } : { kind: 'go' }),
    });
    const { harness } = scene;
    harness.policy = policyWith(ESCALATE);
    const first = await harness.drive(await harness.start(['cluster/prod/valves']));
    await decidedLate(scene, first, who);
    expect((await harness.drive(first.id)).ended?.outcome).toBe('drifted');
    drifts = false;
    const origin = { channel: 'C0', threadTs: null };
    const again = await harness.desk.planAgain({ runId: first.id, actor: operator, origin, idempotencyKey: 'again' });
    const run = await harness.drive(again.kind === 'refused' ? '' : again.runId);
    expect(run.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect((await newest(scene)).id).toBe(run.id);
    expect(await types(scene, run)).toEqual(['gate-opened', 'gate-escalated', 'gate-settled']);
  });
});
