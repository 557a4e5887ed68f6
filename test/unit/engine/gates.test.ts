import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { approver, secondApprover, TEAM, testPolicy } from '../../support/engine-harness.ts';
import { createScene, type Scene } from '../../support/engine-scene.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import { createScriptedScene } from '../../support/scripted-runbook.ts';

const crowd = Array.from({ length: 200 }, (_, each): Actor => ({ team: TEAM, user: `U0C${each}` }));

/** The test policy with a crowd of approvers. */
function crowdPolicy(required: number): Policy {
  return policyOf([...crowd, approver, secondApprover], testPolicy(required));
}

/** A policy with other approvers. */
function policyOf(approvers: readonly Actor[], policy: Policy): Policy {
  const others = policy.roles.filter((role) => role.name !== 'approver');
  return { ...policy, roles: [...others, { name: 'approver', users: approvers.map(({ user }) => user) }] };
}

/** A run that waits at its gate. */
async function waiting(scene: Pick<Scene, 'harness'>): Promise<string> {
  const runId = await scene.harness.start(['a']);
  await scene.harness.drive(runId);
  return runId;
}

/** Types of the events that are stored for a run. */
async function stored({ store }: Pick<Scene, 'store'>, runId: string): Promise<readonly string[]> {
  const record = await store.read(runId);
  return (record?.events ?? []).map((event) => JSON.stringify(event).replace(/.*?"type":"([a-z-]+)".*/, '$1'));
}

describe('racing votes', () => {
  it('200 people at once settle a gate exactly once, with as many votes as were asked for', async () => {
    const scene = createScene();
    scene.harness.policy = crowdPolicy(15);
    const runId = await waiting(scene);

    const answers = await Promise.all(crowd.map(async (actor) => await scene.harness.approve(runId, actor)));

    const types = await stored(scene, runId);
    expect(types.filter((type) => type === 'gate-settled')).toHaveLength(1);
    expect(types.filter((type) => type === 'voted')).toHaveLength(15);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(15);
    expect(answers.filter((answer) => answer.ok && answer.settled === 'approved')).toHaveLength(1);
    expect(answers.flatMap((answer) => (answer.ok ? [] : [answer.reason]))).toEqual(
      Array.from({ length: 185 }, () => 'gate-settled'),
    );
    const by = (await scene.harness.state(runId)).gates[0]?.settled?.by.map(({ user }) => user) ?? [];
    expect(new Set(by).size).toBe(15);
  });

  it('approvals and rejections at once lead to one decision, and the run follows it', async () => {
    const scene = createScene();
    scene.harness.policy = crowdPolicy(10);
    const runId = await waiting(scene);

    await Promise.all(
      crowd
        .slice(0, 60)
        .map(async (actor, each) =>
          each % 7 === 6 ? await scene.harness.reject(runId, actor) : await scene.harness.approve(runId, actor),
        ),
    );

    const settled = (await scene.harness.state(runId)).gates[0]?.settled;
    expect((await stored(scene, runId)).filter((type) => type === 'gate-settled')).toHaveLength(1);
    const ended = await scene.harness.drive(runId);
    expect(ended.ended?.outcome).toBe(settled?.verdict === 'approved' ? 'succeeded' : 'rejected');
    expect(scene.world.turns).toEqual(settled?.verdict === 'approved' ? ['a'] : []);
  });

  it('two people in the same millisecond on two bots: one settles, the other is told who did', async () => {
    const scene = createScene();
    const runId = await waiting(scene);
    const { hash = '' } = openGate(await scene.harness.state(runId)) ?? {};
    const desks = ['bot-a', 'bot-b'].map((name) => createDesk(scene.harness.deps(name)));
    const people = [approver, secondApprover];

    const answers = await Promise.all(
      desks.map(
        async (desk, each) =>
          await desk.vote({
            runId,
            gate: 'approve',
            hash: hash.slice(0, 12),
            actor: people[each] ?? approver,
            verdict: 'approve',
            note: null,
            idempotencyKey: `click-${each}`,
          }),
      ),
    );

    expect(answers).toMatchObject([
      { ok: true, settled: 'approved' },
      { ok: false, reason: 'gate-settled', why: `It was approved by <@${approver.user}>.` },
    ]);
  });

  it('one person on two bots at once counts once', async () => {
    const scene = createScene();
    scene.harness.policy = testPolicy(2);
    const runId = await waiting(scene);

    const answers = await Promise.all([scene.harness.approve(runId), scene.harness.approve(runId)]);

    expect(answers.map((answer) => (answer.ok ? 'counted' : answer.reason)).toSorted()).toEqual([
      'already-voted',
      'counted',
    ]);
    expect((await scene.harness.state(runId)).gates[0]?.votes).toHaveLength(1);
  });

  it('a vote and the expiry at once lead to one decision', async () => {
    const scene = createScene();
    const runId = await waiting(scene);
    await scene.harness.clock.advance(30 * 60_000 - 1);
    const vote = scene.harness.approve(runId);
    const expiry = scene.harness.clock
      .advance(1)
      .then(async () => await scene.harness.engine('w').advance(runId, new AbortController().signal));

    await scene.harness.through(Promise.all([vote, expiry]));

    expect((await stored(scene, runId)).filter((type) => type === 'gate-settled')).toHaveLength(1);
  });

  it('a vote that a bot with a slower clock stores just before the expiry is written stands', async () => {
    const scene = createScene();
    const { harness, store } = scene;
    const runId = await waiting(scene);
    const { hash = '' } = openGate(await harness.state(runId)) ?? {};
    await harness.clock.advance(30 * 60_000);
    const slow = { ...harness.clock, nowMs: () => harness.clock.nowMs() - 1000 };
    const desk = createDesk({ ...harness.deps('slow'), clock: slow });
    const vote = { runId, gate: 'approve', hash, actor: approver, verdict: 'approve', note: null } as const;
    const append = store.append.bind(store);
    store.append = async (id, write) => {
      store.append = append;
      expect(await desk.vote({ ...vote, idempotencyKey: 'k' })).toMatchObject({ ok: true, settled: 'approved' });
      return await append(id, write);
    };

    const ended = await harness.through(harness.engine('w').advance(runId, new AbortController().signal));

    expect(ended).toBe('parked');
    expect((await harness.state(runId)).gates[0]?.settled?.verdict).toBe('approved');
    expect((await stored(scene, runId)).filter((type) => type === 'gate-settled')).toHaveLength(1);
  });
});

describe('clicks that must not count', () => {
  it.each(['0'.repeat(64), '', 'abc', '<!channel>'])(
    'a button with the edited hash %j is refused and audited',
    async (hash) => {
      const scene = createScene();
      const runId = await waiting(scene);

      const word = await scene.harness.desk.vote({
        runId,
        gate: 'approve',
        hash,
        actor: approver,
        verdict: 'approve',
        note: null,
        idempotencyKey: 'k',
      });

      expect(word).toMatchObject({ ok: false, reason: 'plan-changed' });
      expect((await scene.store.auditEntries(0, 99)).at(-1)?.entry).toMatchObject({
        action: 'refusal',
        actor: approver,
        cluster: 'prod',
        run: runId,
        reason: 'plan-changed',
        detail: { word: 'approve', hash },
      });
    },
  );

  it('a button of another run is refused, and both runs stay as they are', async () => {
    const scene = createScene();
    const first = await waiting(scene);
    const second = await scene.harness.start(['b']);
    await scene.harness.drive(second);
    const { hash = '' } = openGate(await scene.harness.state(first)) ?? {};

    const word = await scene.harness.desk.vote({
      runId: second,
      gate: 'approve',
      hash,
      actor: approver,
      verdict: 'approve',
      note: null,
      idempotencyKey: 'k',
    });

    expect(word).toMatchObject({ ok: false, reason: 'plan-changed' });
    expect(openGate(await scene.harness.state(first))?.votes).toEqual([]);
    expect(openGate(await scene.harness.state(second))?.votes).toEqual([]);
  });

  it('a role that was lost between two votes no longer counts', async () => {
    const scene = createScene();
    scene.harness.policy = crowdPolicy(2);
    const runId = await waiting(scene);
    await scene.harness.approve(runId, approver);
    scene.harness.policy = policyOf([...crowd, secondApprover], testPolicy(2));

    expect(await scene.harness.approve(runId, secondApprover)).toMatchObject({ ok: true, settled: null });
    expect((await scene.harness.drive(runId)).ended).toBeNull();
    expect(await scene.harness.approve(runId, crowd[0])).toMatchObject({ ok: true, settled: 'approved' });
  });
});

describe('gates of the runbook', () => {
  it('open one after another, each before its step, and each asks for its own answer', async () => {
    const typed = sampleDraftGate({ id: 'typed', kind: 'typed', expect: 'prod' });
    const choice = sampleDraftGate({ id: 'choice', kind: 'choice', choices: ['now', 'later'] });
    const { harness } = createScriptedScene({ risks: ['disruptive', 'irreversible'], gates: [typed, choice] });
    const runId = await harness.start(['x']);
    const notes = { approve: 'prod', typed: 'prod', choice: 'later' };
    for (const [gate, note] of Object.entries(notes)) {
      const state = await harness.drive(runId);
      expect(openGate(state)?.spec.id).toBe(gate);
      expect(state.steps[0]?.status).toBe(gate === 'approve' ? 'pending' : 'done');
      const word = {
        runId,
        gate,
        hash: state.planHash ?? '',
        actor: approver,
        verdict: 'approve',
        note,
        idempotencyKey: gate,
      } as const;
      expect(await harness.desk.vote(word)).toMatchObject({ ok: true, settled: 'approved' });
    }

    expect((await harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it('a rejection at a later gate ends the run; what was done stays done', async () => {
    const later = sampleDraftGate({ id: 'later' });
    const { harness } = createScriptedScene({ risks: ['disruptive', 'disruptive'], gates: [later] });
    const runId = await waiting({ harness });
    await harness.approve(runId);
    await harness.drive(runId);

    await harness.reject(runId);

    const { ended, steps } = await harness.drive(runId);
    expect([ended?.outcome, steps.map((step) => step.status)]).toEqual(['rejected', ['done', 'pending']]);
  });
});
