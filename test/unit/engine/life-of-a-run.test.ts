import { describe, expect, it } from 'vitest';
import { phaseOf } from '../../../src/core/run-state.ts';
import { approver, operator, secondApprover, stranger, testPolicy } from '../../support/engine-harness.ts';
import { createScene } from '../../support/engine-scene.ts';

describe('the life of a run', () => {
  it('plans, waits for an approver, turns each valve once and ends with everything put back', async () => {
    const { harness, world } = createScene();
    const runId = await harness.start(['a', 'b']);

    const waiting = await harness.drive(runId);
    expect(waiting.gates.map((gate) => gate.settled)).toEqual([null]);
    expect(world.turns).toEqual([]);
    expect(await harness.store.locks()).toEqual([]);
    expect(await harness.approve(runId)).toMatchObject({ ok: true, settled: 'approved' });
    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(world.turns).toEqual(['a', 'b']);
    expect(world.signUp).toBe(false);
    expect(await harness.store.locks()).toEqual([]);
    expect(await harness.store.unfinished()).toEqual([]);
  });

  it('is told as planning, not as running, between its plan and its first gate', async () => {
    const { harness } = createScene();
    const runId = await harness.start(['a']);
    const turn = harness.engine('victim');
    harness.crashAt = { point: 'planned-after-store', count: 1 };
    void turn.advance(runId, new AbortController().signal);
    await harness.clock.advance(0);

    const planned = await harness.state(runId);

    expect(planned.plan).not.toBeNull();
    expect(phaseOf(planned)).toBe('planning');
    expect(phaseOf(await harness.drive(runId))).toBe('waiting-for-people');
  });

  it('audits request, plan, gate, vote, decision, lock, every step and the end, in this order', async () => {
    const { harness } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);
    await harness.approve(runId);
    await harness.drive(runId);

    const entries = await harness.store.auditEntries(0, 100);

    expect(entries.map(({ entry }) => entry.action)).toEqual([
      'request',
      'plan',
      'gate-open',
      'vote',
      'decision',
      'lock',
      'step',
      'cleanup-registered',
      'intent',
      'observed',
      'step-done',
      'step',
      'step-done',
      'ending',
      'cleanup-done',
      'end',
    ]);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.every(({ entry }) => entry.run === runId)).toBe(true);
  });

  it('ends as planned on a dry run, without a gate and without touching anything', async () => {
    const { harness, world } = createScene();
    const runId = await harness.start(['a'], { dryRun: true });

    const ended = await harness.drive(runId);

    expect(ended.ended?.outcome).toBe('planned');
    expect(ended.plan?.steps).toHaveLength(2);
    expect(world.turns).toEqual([]);
  });

  it('ends as nothing-to-do when the plan has no steps', async () => {
    const { harness } = createScene();
    const runId = await harness.start([]);

    expect((await harness.drive(runId)).ended?.outcome).toBe('nothing-to-do');
  });

  it.each([
    ['pressure', 'check-blocked'],
    ['reachable', 'cluster-unreachable'],
    ['applicable', 'not-applicable'],
  ])('ends as blocked when check %s blocks, with reason %s', async (checkId, reason) => {
    const { harness, world, knobs } = createScene();
    knobs.checkVerdict = 'block';
    knobs.checkId = checkId;
    const runId = await harness.start(['a']);

    expect((await harness.drive(runId)).ended).toMatchObject({ outcome: 'blocked', reason });
    expect(world.turns).toEqual([]);
  });

  it('ends as rejected when someone entitled rejects, with the words of the rejection', async () => {
    const { harness, world } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);

    expect(await harness.reject(runId)).toMatchObject({ ok: true, settled: 'rejected' });
    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'rejected', note: 'not tonight' });
    expect(world.turns).toEqual([]);
  });

  it('ends as expired when nobody answers; expiry counts from when the gate opened', async () => {
    const { harness, world } = createScene();
    const runId = await harness.start(['a']);
    await harness.clock.advance(3_600_000);
    await harness.drive(runId);

    await harness.clock.advance(29 * 60_000);
    expect((await harness.state(runId)).ended).toBeNull();
    await harness.clock.advance(2 * 60_000);
    expect(await harness.approve(runId)).toMatchObject({ ok: false, reason: 'gate-expired' });
    await harness.through(harness.engine('late').advance(runId, new AbortController().signal));

    expect((await harness.state(runId)).ended?.outcome).toBe('expired');
    expect(world.turns).toEqual([]);
  });

  it('ends as drifted when the facts changed after approval, and the approval stands for the same plan', async () => {
    const { harness, world, knobs } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);
    await harness.approve(runId);
    knobs.facts = { plant: 'b' };
    expect((await harness.drive(runId)).ended).toMatchObject({ outcome: 'drifted' });
    expect(world.turns).toEqual([]);
    knobs.facts = { plant: 'a' };

    const again = await harness.desk.planAgain({
      runId,
      actor: operator,
      origin: { channel: 'C0', threadTs: null },
      idempotencyKey: 'again',
    });
    if (again.kind === 'refused') throw new Error(again.reason);
    const ended = await harness.drive(again.runId);

    expect(ended.ended?.outcome).toBe('succeeded');
    expect(ended.gates[0]?.settled?.note).toContain(runId);
    expect(world.turns).toEqual(['a']);
  });

  it('asks anew after a drift when the plan is another', async () => {
    const { harness, world, knobs } = createScene();
    const runId = await harness.start(['a']);
    await harness.drive(runId);
    await harness.approve(runId);
    knobs.facts = { plant: 'b' };
    await harness.drive(runId);

    const again = await harness.desk.planAgain({
      runId,
      actor: operator,
      origin: { channel: 'C0', threadTs: null },
      idempotencyKey: 'again',
    });
    if (again.kind === 'refused') throw new Error(again.reason);
    const waiting = await harness.drive(again.runId);

    expect(waiting.ended).toBeNull();
    expect(waiting.gates[0]?.settled).toBeNull();
    expect(world.turns).toEqual([]);
  });

  it('needs as many different approvers as the policy says', async () => {
    const { harness, world } = createScene();
    harness.policy = testPolicy(2);
    const runId = await harness.start(['a']);
    await harness.drive(runId);

    expect(await harness.approve(runId, approver)).toMatchObject({ ok: true, settled: null });
    expect(await harness.approve(runId, approver)).toMatchObject({ ok: false, reason: 'already-voted' });
    await harness.drive(runId);
    expect(world.turns).toEqual([]);
    expect(await harness.approve(runId, secondApprover)).toMatchObject({ ok: true, settled: 'approved' });

    expect((await harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it('refuses and audits requests of people without a rule, and starts nothing', async () => {
    const { harness } = createScene();

    expect(await harness.ask(['a'], { actor: stranger })).toMatchObject({ kind: 'refused', reason: 'not-permitted' });
    expect(await harness.ask(['a'], { actor: { team: 'T0ELSE', user: operator.user } })).toMatchObject({
      reason: 'foreign-team',
    });
    harness.policy = { ...testPolicy(), rules: [] };
    expect(await harness.ask(['a'])).toMatchObject({ kind: 'refused', reason: 'not-permitted' });

    expect(await harness.store.unfinished()).toEqual([]);
    const entries = await harness.store.auditEntries(0, 10);
    expect(entries.map(({ entry }) => [entry.action, entry.reason])).toEqual([
      ['refusal', 'not-permitted'],
      ['refusal', 'foreign-team'],
      ['refusal', 'not-permitted'],
    ]);
  });

  it('makes one run of the same delivery twice', async () => {
    const { harness } = createScene();

    const first = await harness.ask(['a'], { key: 'trigger-1' });
    const second = await harness.ask(['a'], { key: 'trigger-1' });

    expect(first.kind).toBe('queued');
    expect(second).toMatchObject({ kind: 'duplicate' });
    expect(await harness.store.unfinished()).toHaveLength(1);
  });
});
