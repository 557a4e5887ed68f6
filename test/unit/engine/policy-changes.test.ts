import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Approvals } from '../../../src/core/plan.ts';
import type { Policy, PolicyRule } from '../../../src/core/policy.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { approver, operator, secondApprover, TEAM } from '../../support/engine-harness.ts';
import { createScene, type Scene } from '../../support/engine-scene.ts';
import { sampleApprovals } from '../../support/run-samples.ts';

const lead: Actor = { team: TEAM, user: 'U0LEAD' };
const MINUTE = 60_000;

function policyOf(rules: readonly PolicyRule[], defaults: Partial<Approvals> = {}): Policy {
  return {
    homeTeam: TEAM,
    roles: [
      { name: 'operator', users: [operator.user] },
      { name: 'approver', users: [approver.user, secondApprover.user] },
      { name: 'lead', users: [lead.user] },
    ],
    rules,
    defaultApprovals: sampleApprovals(defaults),
  };
}

const may = { clusters: ['prod'], commands: ['valve'], allow: ['operator'], approvals: null } as const;
const leadToo: PolicyRule = { clusters: ['prod'], commands: ['valve'], require: sampleApprovals({ from: ['lead'] }) };

async function waiting(policy: Policy): Promise<{ readonly scene: Scene; readonly runId: string }> {
  const scene = createScene();
  scene.harness.policy = policy;
  const runId = await scene.harness.start(['a']);
  await scene.harness.drive(runId);
  return { scene, runId };
}

/** Types of the gate's events so far. */
async function told({ store }: Scene, runId: string): Promise<readonly string[]> {
  const record = await store.read(runId);
  const types = (record?.events ?? []).map((event) => JSON.stringify(event).replace(/.*?"type":"([a-z-]+)".*/, '$1'));
  return types.filter((type) => type.startsWith('gate-'));
}

/** Moves the clock and wakes the run, as the sweep would. */
async function later({ harness }: Scene, runId: string, ms: number): Promise<void> {
  await harness.clock.advance(ms);
  await harness.through(harness.engine('w').advance(runId, new AbortController().signal));
}

describe('a policy that changes while a run waits', () => {
  it('a stricter one counts at once: two roles instead of one', async () => {
    const { scene, runId } = await waiting(policyOf([may]));
    scene.harness.policy = policyOf([may, leadToo]);

    expect(await scene.harness.approve(runId, approver)).toMatchObject({ ok: true, settled: null });
    expect(await scene.harness.approve(runId, lead)).toMatchObject({ ok: true, settled: 'approved' });
  });

  it('a looser one counts not at all', async () => {
    const { scene, runId } = await waiting(policyOf([may, leadToo]));
    scene.harness.policy = policyOf([may]);

    expect(await scene.harness.approve(runId, approver)).toMatchObject({ ok: true, settled: null });
    expect(await scene.harness.approve(runId, lead)).toMatchObject({ ok: true, settled: 'approved' });
  });

  it.each<[string, readonly PolicyRule[]]>([
    ['a deny', [may, { clusters: ['*'], commands: ['*'], deny: ['*'] }]],
    ['an allow that is gone', []],
  ])('after %s nobody can approve for the requester any more, but reject', async (_which, rules) => {
    const { scene, runId } = await waiting(policyOf([may]));
    scene.harness.policy = policyOf(rules);

    expect(await scene.harness.approve(runId, approver)).toMatchObject({ reason: 'requester-not-permitted' });
    expect(openGate(await scene.harness.state(runId))?.votes).toEqual([]);
    expect(await scene.harness.reject(runId, approver)).toMatchObject({ ok: true, settled: 'rejected' });
  });

  it('the times of the policy now end a question sooner', async () => {
    const { scene, runId } = await waiting(policyOf([may]));
    scene.harness.policy = policyOf([may], { expiresMs: 5 * MINUTE });
    await scene.harness.clock.advance(6 * MINUTE);

    expect(await scene.harness.approve(runId, approver)).toMatchObject({ reason: 'gate-expired' });
  });

  it('what the plan is made under adds to what was asked under', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([may]);
    const runId = await scene.harness.start(['a']);
    scene.harness.policy = policyOf([may, leadToo]);

    const state = await scene.harness.drive(runId);

    expect(openGate(state)?.spec.approvals.also).toEqual([{ required: 1, from: ['lead'] }]);
  });
});

describe('the policy that a vote is judged by', () => {
  it('has everybody looked up anew on whom it depends, again for each vote', async () => {
    const { scene, runId } = await waiting(policyOf([{ ...may, approvals: sampleApprovals({ required: 2 }) }]));
    const looked: (readonly string[])[] = [];
    const policy = scene.harness.policy;
    const left = { ...policy, roles: policy.roles.filter(({ name }) => name !== 'lead') };
    const desk = createDesk({
      ...scene.harness.deps('bot'),
      freshPolicy: async (users) => {
        looked.push(users.toSorted());
        return await Promise.resolve(looked.length === 1 ? policy : left);
      },
    });
    const hash = (await scene.harness.state(runId)).planHash ?? '';
    const word = { runId, gate: 'approve', hash, verdict: 'approve', note: null, idempotencyKey: null } as const;

    expect(await desk.vote({ ...word, actor: approver })).toMatchObject({ ok: true, settled: null });
    expect(await desk.vote({ ...word, actor: secondApprover })).toMatchObject({ ok: true, settled: 'approved' });
    expect(looked).toEqual([
      [approver.user, operator.user].toSorted(),
      [approver.user, secondApprover.user, operator.user].toSorted(),
    ]);
  });
});

describe('words to a run in channels', () => {
  const inOps: PolicyRule = { ...may, channels: ['C0'] };

  it.each([
    ['in the channel of the rule', 'C0', { ok: true, settled: 'approved' }],
    ['in another channel', 'C0ELSE', { ok: false, reason: 'wrong-channel' }],
    ['where the channel is not known', null, { ok: false, reason: 'wrong-channel' }],
  ] as const)('a vote %s', async (_where, channel, answer) => {
    const { scene, runId } = await waiting(policyOf([inOps]));
    const hash = (await scene.harness.state(runId)).planHash ?? '';
    const word = { runId, gate: 'approve', hash, actor: approver, note: null, idempotencyKey: null, channel };

    expect(await scene.harness.desk.vote({ ...word, verdict: 'approve' })).toMatchObject(answer);
  });

  it('a cancel in another channel', async () => {
    const { scene, runId } = await waiting(policyOf([inOps]));
    const word = { runId, actor: operator, idempotencyKey: null };

    expect(await scene.harness.desk.cancel({ ...word, channel: 'C0ELSE' })).toMatchObject({ reason: 'wrong-channel' });
    expect(await scene.harness.desk.cancel({ ...word, channel: 'C0' })).toMatchObject({ ok: true });
  });
});

describe('reminder and escalation', () => {
  const asked = { remindMs: 10 * MINUTE, escalate: { afterMs: 20 * MINUTE, to: ['lead'] } };

  it('come once each when they are due, and the run waits on', async () => {
    const { scene, runId } = await waiting(policyOf([may], asked));

    await later(scene, runId, 9 * MINUTE);
    expect(await told(scene, runId)).toEqual(['gate-opened']);
    await later(scene, runId, 2 * MINUTE);
    await later(scene, runId, 0);
    await later(scene, runId, 10 * MINUTE);

    expect(await told(scene, runId)).toEqual(['gate-opened', 'gate-reminded', 'gate-escalated']);
    expect(openGate(await scene.harness.state(runId))).toMatchObject({ votes: [], settled: null });
  });

  it('wake the run by themselves: it is due when they are', async () => {
    const { scene, runId } = await waiting(policyOf([may], asked));
    await later(scene, runId, 0);
    const nowMs = scene.harness.clock.nowMs();

    expect(await scene.store.due(nowMs + 9 * MINUTE, 10, 0)).toEqual([]);
    expect(await scene.store.due(nowMs + 10 * MINUTE, 10, 0)).toEqual([runId]);
  });

  it('let the further role decide only after the escalation', async () => {
    const { scene, runId } = await waiting(policyOf([may], asked));

    expect(await scene.harness.approve(runId, lead)).toMatchObject({ reason: 'not-an-approver' });
    await later(scene, runId, 21 * MINUTE);
    expect(await scene.harness.approve(runId, lead)).toMatchObject({ ok: true, settled: 'approved' });
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it('that would come after the expiry never come', async () => {
    const { scene, runId } = await waiting(policyOf([may], { ...asked, expiresMs: 10 * MINUTE }));

    await later(scene, runId, 11 * MINUTE);

    expect((await scene.harness.state(runId)).ended?.outcome).toBe('expired');
    expect(await told(scene, runId)).toEqual(['gate-opened', 'gate-settled']);
  });
});
