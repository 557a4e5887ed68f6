import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../../src/core/actor.ts';
import { nextFor } from '../../../../src/core/next.ts';
import { type Policy, type PolicyRule, permit } from '../../../../src/core/policy.ts';
import { openGate } from '../../../../src/core/run-state.ts';
import { createDesk } from '../../../../src/engine/desk.ts';
import { approver, operator, secondApprover, stranger, TEAM } from '../../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../../support/engine-scene.ts';
import { make, SAMPLE_MS, sampleApprovals, stateOf } from '../../../support/run-samples.ts';

const admin: Actor = { team: TEAM, user: 'U0ADMIN' };

/** Rules for the valves of `prod`, with an administrator who has every role. */
function policyOf(rules: readonly PolicyRule[], over: Partial<Policy> = {}): Policy {
  return {
    homeTeam: TEAM,
    roles: [
      { name: 'operator', users: [operator.user, admin.user] },
      { name: 'approver', users: [approver.user, secondApprover.user, admin.user] },
      { name: 'security', users: [secondApprover.user, admin.user] },
    ],
    rules,
    defaultApprovals: sampleApprovals(),
    ...over,
  };
}

const may = { clusters: ['prod'], commands: ['valve', 'status'], allow: ['operator'], approvals: null } as const;

function asks(policy: Policy, actor: Actor, cluster = 'prod', verb = 'valve'): boolean {
  const place = { channel: 'C0', flags: [], nowMs: SAMPLE_MS, outsideWindow: false };
  return permit(policy, { actor, cluster, verb, ...place }).ok;
}

/** A run of this person that waits at its gate. */
async function waiting(scene: Scene, actor: Actor = operator): Promise<string> {
  const asked = await scene.harness.ask(['a'], { actor });
  const runId = asked.kind === 'queued' ? asked.runId : '';
  await scene.harness.drive(runId);
  return runId;
}

describe('what users of other tools suffer from: the approval and the plan', () => {
  it('Atlantis #1508: an approval does not count for a plan that was changed after it was shown', async () => {
    const scene = createScene();
    const runId = await waiting(scene);

    const word = { runId, gate: 'approve', hash: 'cd'.repeat(32), actor: approver, note: null, idempotencyKey: null };
    expect(await scene.harness.desk.vote({ ...word, verdict: 'approve' })).toMatchObject({ reason: 'plan-changed' });
    expect((await scene.harness.drive(runId)).steps[0]?.status).toBe('pending');
  });

  it('Atlantis #1122: a plan whose approval is old is not run', () => {
    const approved = stateOf(make.requested(), make.planned(), make.opened(), make.voted(), make.settled());

    expect(nextFor(approved, SAMPLE_MS + 1_799_999).do).toBe('take-locks');
    expect(nextFor(approved, SAMPLE_MS + 1_800_000)).toMatchObject({ do: 'begin-ending', reason: 'approval-stale' });
  });

  it('Atlantis #3372, #6280, #5795: votes at the same moment settle a gate once and run it once', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([may]);
    const runId = await waiting(scene);

    const people = [approver, secondApprover, approver, secondApprover];
    const words = await Promise.all(people.map(async (actor) => await scene.harness.approve(runId, actor)));

    expect(words.filter((word) => word.ok && word.settled === 'approved')).toHaveLength(1);
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
    expect(scene.world.turns).toEqual(['a']);
  });

  it.each([
    ['the same', 'a', 'succeeded'],
    ['another', 'c', undefined],
  ])(
    'Atlantis #6037, #3347, branch-deploy: after a drift %s plan keeps or loses its approval',
    async (_which, plant, outcome) => {
      const scene = createScene();
      const before = await approvedRun(scene, ['a']);
      scene.knobs.facts = { plant: 'b' };
      await scene.harness.drive(before);
      scene.knobs.facts = { plant };

      const origin = { channel: 'C0', threadTs: null };
      const ask = { runId: before, actor: operator, origin, idempotencyKey: 'again' };
      const result = await scene.harness.desk.planAgain(ask);

      const state = result.kind === 'queued' ? await scene.harness.drive(result.runId) : null;
      expect(state?.ended?.outcome).toBe(outcome);
    },
  );
});

describe('what users of other tools suffer from: who may approve', () => {
  it.each([
    ['AWX #10610', 'an administrator who asked'],
    ['Rundeck #918', 'who asked and has every role'],
    ['branch-deploy #352', 'who asked and may decide for others'],
  ])('%s: %s may not approve it', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([may]);
    const runId = await waiting(scene, admin);

    expect(await scene.harness.approve(runId, admin)).toMatchObject({ reason: 'requester-may-not-approve' });
    expect(await scene.harness.approve(runId, approver)).toMatchObject({ settled: 'approved' });
  });

  it('Rundeck #4288, #5693: two approvals are of two people, however often one presses', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([{ ...may, approvals: sampleApprovals({ required: 2 }) }]);
    const runId = await waiting(scene);

    expect(await scene.harness.approve(runId, approver)).toMatchObject({ ok: true, settled: null });
    expect(await scene.harness.approve(runId, approver)).toMatchObject({ reason: 'already-voted' });
    expect(await scene.harness.approve(runId, secondApprover)).toMatchObject({ settled: 'approved' });
  });

  it('superplane #7518: one of two roles each, and one person in both is not enough', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([may, security()]);
    const runId = await waiting(scene);

    expect(await scene.harness.approve(runId, secondApprover)).toMatchObject({ ok: true, settled: null });
    expect(openGate(await scene.harness.state(runId))?.spec.approvals.also).toHaveLength(1);
    expect(await scene.harness.approve(runId, approver)).toMatchObject({ settled: 'approved' });
    const by = (await scene.harness.state(runId)).gates[0]?.settled?.by.map(({ user }) => user);
    expect(by).toEqual([secondApprover.user, approver.user]);
  });

  it('Teleport #4016: who lost the role between two votes does not count any more', async () => {
    const scene = createScene();
    scene.harness.policy = policyOf([{ ...may, approvals: sampleApprovals({ required: 2 }) }]);
    const runId = await waiting(scene);
    await scene.harness.approve(runId, approver);
    const { policy } = scene.harness;
    const left = { name: 'approver', users: [secondApprover.user, admin.user] };
    scene.harness.policy = { ...policy, roles: [...policy.roles.filter(({ name }) => name !== 'approver'), left] };

    expect(await scene.harness.approve(runId, secondApprover)).toMatchObject({ ok: true, settled: null });
    expect(await scene.harness.approve(runId, admin)).toMatchObject({ settled: 'approved' });
    const by = (await scene.harness.state(runId)).gates[0]?.settled?.by.map(({ user }) => user);
    expect(by).toEqual([secondApprover.user, admin.user]);
  });
});

describe('what users of other tools suffer from: defaults and clicks', () => {
  it('Botkube #712, #675, #183: a new installation permits nothing, and channel, cluster and command are judged', () => {
    const inOps = policyOf([{ ...may, channels: ['C0OPS'] }]);

    expect(asks(policyOf([]), admin)).toBe(false);
    expect(asks(policyOf([may]), operator)).toBe(true);
    expect(asks(policyOf([may]), operator, 'stage')).toBe(false);
    expect(asks(policyOf([may]), operator, 'prod', 'restore')).toBe(false);
    expect(asks(policyOf([may]), stranger)).toBe(false);
    expect(asks(inOps, operator)).toBe(false);
  });

  it('hermes-agent #33280: an empty list permits nobody, in a rule, in a role and at a gate', async () => {
    const nobody = policyOf([may], { roles: [{ name: 'operator', users: [] }] });
    const scene = createScene();
    scene.harness.policy = policyOf([may], { roles: [{ name: 'operator', users: [operator.user] }] });
    const runId = await waiting(scene);

    expect(asks(policyOf([{ ...may, allow: [] }]), admin)).toBe(false);
    expect(asks(nobody, operator)).toBe(false);
    expect(await scene.harness.approve(runId, operator)).toMatchObject({ reason: 'not-an-approver' });
    expect(await scene.harness.approve(runId, stranger)).toMatchObject({ reason: 'not-an-approver' });
  });

  it('hermes-agent #100408: the first press after everything was restarted counts', async () => {
    const scene = createScene();
    const runId = await waiting(scene);
    const desk = createDesk(scene.harness.deps('after-the-restart'));
    const hash = (await scene.harness.state(runId)).planHash ?? '';

    const press = { runId, gate: 'approve', hash, actor: approver, note: null, idempotencyKey: 'first' } as const;
    expect(await desk.vote({ ...press, verdict: 'approve' })).toMatchObject({ ok: true, settled: 'approved' });
  });
});

function security(): PolicyRule {
  return { clusters: ['prod'], commands: ['valve'], require: sampleApprovals({ from: ['security'] }) };
}
