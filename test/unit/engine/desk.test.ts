import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../../src/core/reasons.ts';
import type { DeskDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createFakeDoorbell } from '../../fakes/doorbell.ts';
import { approver, operator, stranger } from '../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';

const origin = { channel: 'C0', threadTs: null };
const ask = {
  actor: operator,
  order: { runbook: 'valve-turn', cluster: 'prod', params: { valves: ['a'] }, dryRun: false, waitForLock: false },
  command: 'valve',
  policyVerb: 'valve',
  origin,
  text: '/kube valve prod',
  idempotencyKey: 'trigger-1',
} as const;

/** A desk of the scene with something different about it. */
function deskWith({ harness }: Scene, over: Partial<DeskDeps>) {
  return createDesk({ ...harness.deps('bot'), ...over });
}

/** Actions, people and reasons of the last audit entries. */
async function audited({ store }: Scene, last: number): Promise<readonly unknown[]> {
  const entries = await store.auditEntries(0, 500);
  return entries.slice(-last).map(({ entry }) => [entry.action, entry.actor?.user, entry.reason, entry.run]);
}

describe('asking for a run', () => {
  it('stores the whole request before it rings, once', async () => {
    const scene = createScene();
    const bell = createFakeDoorbell();

    const result = await deskWith(scene, { doorbell: bell }).request(ask);

    expect(result).toEqual({ kind: 'queued', runId: 'valve-prod-0001' });
    expect(bell.pending).toEqual(['valve-prod-0001']);
    expect((await scene.harness.state('valve-prod-0001')).request).toMatchObject({
      actor: operator,
      params: { valves: ['a'] },
      rule: 'rule 1: operator may valve on prod',
      text: '/kube valve prod',
      after: null,
    });
    expect(await audited(scene, 1)).toEqual([['request', operator.user, null, 'valve-prod-0001']]);
  });

  it('makes one run of one delivery, on every bot, and rings again for it', async () => {
    const scene = createScene();
    const bell = createFakeDoorbell();
    const answers = await Promise.all(
      [0, 1, 2].map(async () => await deskWith(scene, { doorbell: bell }).request(ask)),
    );

    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['duplicate', 'duplicate', 'queued']);
    expect(await scene.store.unfinished()).toHaveLength(1);
    expect(new Set(bell.pending)).toEqual(new Set(await scene.store.unfinished()));
    expect(await scene.store.auditEntries(0, 9)).toHaveLength(1);
  });

  it('takes another name when one is taken, and says so when none is free', async () => {
    const scene = createScene();
    const names = ['0001', '0001', '0002'];
    const desk = deskWith(scene, { ids: { suffix: () => names.shift() ?? '0002' } });

    expect(await desk.request(ask)).toMatchObject({ runId: 'valve-prod-0001' });
    expect(await desk.request({ ...ask, idempotencyKey: 'trigger-2' })).toMatchObject({ runId: 'valve-prod-0002' });
    await expect(desk.request({ ...ask, idempotencyKey: 'trigger-3' })).rejects.toThrow('no free run id');
  });

  it.each([
    ['a stranger', { actor: stranger }, 'not-permitted'],
    ['somebody of another team', { actor: { ...operator, team: 'T0ELSE' } }, 'foreign-team'],
    ['a runbook that is not there', { order: { ...ask.order, runbook: 'other' } }, 'mistake'],
    ['parameters that it does not take', { order: { ...ask.order, params: { valves: 'a' } } }, 'mistake'],
  ] as const)('refuses %s, starts nothing, audits it', async (_name, over, reason) => {
    const scene = createScene();

    expect(await scene.harness.desk.request({ ...ask, ...over })).toMatchObject({ kind: 'refused', reason });
    expect(await scene.store.unfinished()).toEqual([]);
    expect(scene.harness.rings).toEqual([]);
    expect(await audited(scene, 9)).toEqual([['refusal', { ...ask, ...over }.actor.user, reason, null]]);
  });

  it('loses nothing when the doorbell is broken: the run is stored and due', async () => {
    const scene = createScene();
    const bell = createFakeDoorbell();
    bell.setMode('fail');

    const result = await deskWith(scene, { doorbell: bell }).request(ask);

    expect(result.kind).toBe('queued');
    expect(await scene.store.due(scene.harness.clock.nowMs(), 9, 5000)).toEqual(['valve-prod-0001']);
  });

  it('throws when the store is away, and nothing was started', async () => {
    const scene = createScene();
    scene.store.failures.setDown(true);

    await expect(scene.harness.desk.request(ask)).rejects.toThrow('cannot be reached');
    scene.store.failures.setDown(false);
    expect(await scene.store.unfinished()).toEqual([]);
  });

  it('writes down refusals that belong to no run', async () => {
    const scene = createScene();

    await scene.harness.desk.refused({
      actor: stranger,
      cluster: null,
      text: '/kube frobnicate',
      reason: 'mistake',
      why: 'no such command',
    });

    expect((await scene.store.auditEntries(0, 9)).map(({ entry }) => entry)).toMatchObject([
      {
        action: 'refusal',
        actor: stranger,
        run: null,
        reason: 'mistake',
        detail: { text: '/kube frobnicate', why: 'no such command' },
      },
    ]);
  });
});

describe('a word to a run', () => {
  it('delivered twice counts once, and the second is answered as the first', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    const { planHash, gates } = await scene.harness.drive(runId);
    const click = {
      runId,
      gate: gates[0]?.spec.id ?? '',
      hash: planHash ?? '',
      actor: approver,
      verdict: 'approve',
      note: null,
      idempotencyKey: 'click',
    } as const;

    expect(await scene.harness.desk.vote(click)).toMatchObject({ ok: true, settled: 'approved' });
    expect(await scene.harness.desk.vote(click)).toMatchObject({ ok: true, settled: null });
    expect((await scene.harness.state(runId)).gates[0]?.votes).toHaveLength(1);
    expect(await scene.harness.desk.vote({ ...click, idempotencyKey: 'another' })).toMatchObject({
      reason: 'gate-settled',
    });
    expect(await scene.harness.desk.vote({ ...click, idempotencyKey: null })).toMatchObject({ reason: 'gate-settled' });
    expect((await scene.store.auditEntries(0, 99)).filter(({ entry }) => entry.action === 'refusal')).toHaveLength(2);
  });

  it('delivered twice at once counts once too', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    await scene.harness.drive(runId);
    const cancel = { runId, actor: operator, idempotencyKey: 'c' };

    const answers = await Promise.all([scene.harness.desk.cancel(cancel), scene.harness.desk.cancel(cancel)]);

    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
    const entries = await scene.store.auditEntries(0, 99);
    expect(entries.filter(({ entry }) => entry.action === 'cancel')).toHaveLength(1);
  });

  it('makes the run due at once, and rings', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    await scene.harness.drive(runId);
    expect(await scene.store.due(scene.harness.clock.nowMs(), 9, 0)).toEqual([]);
    const rings = scene.harness.rings.length;

    await scene.harness.approve(runId);

    expect(await scene.store.due(scene.harness.clock.nowMs(), 9, 0)).toEqual([runId]);
    expect(scene.harness.rings.slice(rings)).toEqual([runId]);
  });

  it('is refused for a run that is not there, and for one that only a newer version can read', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    await scene.harness.drive(runId);
    scene.store.memory.runs.get(runId)?.events.push('{"type":"from-the-future"}');

    expect(await scene.harness.approve(runId)).toMatchObject({
      ok: false,
      reason: 'no-gate-open',
      why: expect.stringContaining('newer'),
    });
    expect(
      await scene.harness.desk.cancel({ runId: 'valve-prod-none', actor: operator, idempotencyKey: null }),
    ).toMatchObject({ reason: 'unknown-run' });
  });

  it('is refused to everybody while it is not known whose workspace this is', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    await scene.harness.drive(runId);
    scene.harness.policy = { ...scene.harness.policy, homeTeam: null };

    expect(await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' })).toMatchObject({
      reason: 'not-yours',
    });
    expect(await scene.harness.approve(runId)).toMatchObject({ reason: 'not-an-approver' });
  });

  it('gives up loudly when the run changes on every try', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    const { store } = scene.harness.deps('bot');
    const desk = deskWith(scene, { store: { ...store, append: async () => ({ kind: 'stale', version: 9 }) } });

    await expect(desk.cancel({ runId, actor: operator, idempotencyKey: 'c' })).rejects.toThrow('changed on every try');
  });

  it('is refused when the run was forgotten between reading and writing', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    const { store } = scene.harness.deps('bot');
    const desk = deskWith(scene, { store: { ...store, append: async () => ({ kind: 'missing' }) } });

    expect(await desk.cancel({ runId, actor: operator, idempotencyKey: 'c' })).toMatchObject({ reason: 'unknown-run' });
  });
});

describe('planning again', () => {
  it('is refused before the end and for a run that is not there; both are audited', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    const again = { actor: operator, origin, idempotencyKey: 'again' };

    expect(await scene.harness.desk.planAgain({ ...again, runId })).toMatchObject({ reason: 'broken-button' });
    expect(await scene.harness.desk.planAgain({ ...again, runId: 'none' })).toMatchObject({ reason: 'unknown-run' });
    expect(await audited(scene, 2)).toEqual([
      ['refusal', operator.user, 'broken-button', runId],
      ['refusal', operator.user, 'unknown-run', 'none'],
    ]);
  });

  it('asks the policy again, for whoever presses the button', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    await scene.harness.drive(runId);

    const word = await scene.harness.desk.planAgain({ runId, actor: stranger, origin, idempotencyKey: 'again' });

    expect(word).toMatchObject({ kind: 'refused', reason: 'not-permitted' });
  });

  it('is the same order: a dry run stays a dry run; after anything but a drift it is a run of its own', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a'], { dryRun: true, wait: true });
    await scene.harness.drive(runId);

    const word = await scene.harness.desk.planAgain({ runId, actor: operator, origin, idempotencyKey: 'again' });
    const state = await scene.harness.drive(word.kind === 'refused' ? '' : word.runId);

    expect(state.request).toMatchObject({ dryRun: true, waitForLock: true, params: { valves: ['a'] }, after: null });
    expect(state.ended?.outcome).toBe(OUTCOMES[2]);
  });

  it('keeps the command of an id whose cluster is part of the command', async () => {
    const scene = createScene();
    scene.harness.policy = {
      ...scene.harness.policy,
      rules: [{ clusters: ['leader'], commands: ['move-leader'], allow: ['operator'], approvals: null }],
    };
    const first = await scene.harness.desk.request({
      ...ask,
      command: 'move-leader',
      policyVerb: 'move-leader',
      order: { ...ask.order, cluster: 'leader', params: { valves: [] } },
    });
    const runId = first.kind === 'refused' ? '' : first.runId;
    await scene.harness.drive(runId);

    const again = await scene.harness.desk.planAgain({ runId, actor: operator, origin, idempotencyKey: 'again' });

    expect(again).toMatchObject({ kind: 'queued', runId: expect.stringMatching(/^move-leader-leader-/) });
  });
});
