import { describe, expect, test } from 'vitest';
import type { Check } from '../../../src/core/plan.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { approver, operator, testPolicy } from '../../support/engine-harness.ts';
import {
  asked,
  DAY_MS,
  fired,
  gateOf,
  granted,
  MINUTE_MS,
  runsOf,
  schedule,
  TIMES,
  whyNot,
} from '../../support/standing-scene.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const ALL = { clusters: ['prod'], commands: ['valve'] } as const;

describe('asking for a standing approval', () => {
  test('is a run that waits for the same people as the runs would, and never executes', async () => {
    const scene = createControlScene(TIMES);
    const question = await asked(scene);
    expect(question.request).toMatchObject({ actor: operator, dryRun: true, flags: ['standing'] });
    expect(openGate(question)?.spec).toMatchObject({ kind: 'approve', beforeStep: 0, approvals: { required: 1 } });
    expect(openGate(question)?.spec.title).toContain('until 2026-01-31T03:00 UTC');
    expect(await scene.harness.approve(question.id, operator)).toMatchObject({ reason: 'not-an-approver' });
    const ended = await granted(createControlScene(TIMES));
    expect(ended.ended).toMatchObject({ outcome: 'planned', reason: 'approved-in-advance' });
    expect([ended.locks, ended.steps.map(({ status }) => status)]).toEqual([null, ['pending']]);
  });

  test('is audited at each turn, and the channel is told', async () => {
    const scene = createControlScene(TIMES);
    await granted(scene);
    const audit = await scene.audited();
    expect(audit).toEqual(expect.arrayContaining(['schedule', 'standing-ask', 'vote', 'decision', 'standing-grant']));
    expect(scene.told.map(({ title }) => title)).toEqual([expect.stringContaining('approved in advance')]);
    expect(await scene.as('U0BEN').standings()).toMatchObject([
      { asked: null, granted: { by: [approver], over: null } },
    ]);
  });

  test.each([
    ['rejected', async (scene: ControlScene, id: string) => await scene.harness.reject(id)],
    ['not answered', async (scene: ControlScene) => await scene.harness.clock.advance(31 * MINUTE_MS)],
    [
      'cancelled',
      async (scene: ControlScene, runId: string) =>
        await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' }),
    ],
  ])('%s it is not granted, told, and the schedule stands', async (_how, answer) => {
    const scene = createControlScene(TIMES);
    const question = await asked(scene);
    await answer(scene, question.id);
    // Driving stops at an open gate, also when its time is over.
    await scene.harness.through(scene.harness.engine('late').advance(question.id, new AbortController().signal));
    await scene.harness.drive(question.id);
    await scene.keep();
    expect(await scene.as('U0BEN').standings()).toEqual([]);
    expect(scene.told[0]?.title).toContain('not approved in advance');
    expect(await scene.as('U0BEN').schedules()).toHaveLength(1);
  });

  test.each([
    ['what cannot be taken back', { risks: ['irreversible' as const] }, 'not-in-advance'],
    ['what needs no approval', { risks: ['reversible' as const] }, 'no-approval-needed'],
    ['a plan without steps', { risks: [] }, 'nothing-to-do'],
  ])('of %s ends without a question', async (_what, script, reason) => {
    const scene = createControlScene(TIMES, script);
    const question = await asked(scene);
    expect([question.ended?.reason, question.gates]).toEqual([reason, []]);
    await scene.keep();
    expect(await scene.as('U0BEN').standings()).toEqual([]);
  });

  test('needs more where a rule asks for more of it, and is refused where a rule forbids it', async () => {
    const scene = createControlScene(TIMES);
    const policy = testPolicy();
    const scope = { clusters: ['prod'], commands: ['valve'], flags: ['standing'] };
    const two = { ...policy.defaultApprovals, required: 2 };
    scene.harness.policy = { ...policy, rules: [...policy.rules, { ...scope, require: two }] };
    expect(openGate(await asked(scene))?.spec.approvals.required).toBe(2);
    const other = createControlScene(TIMES);
    other.harness.policy = { ...policy, rules: [...policy.rules, { ...scope, deny: ['*'] }] };
    await other.as(operator.user).schedule({ ...VALVE_SCHEDULE, standingMs: DAY_MS });
    await other.keep();
    expect([await runsOf(other), await other.as('U0BEN').standings()]).toEqual([[], []]);
    await other.keep();
    expect(other.told[0]?.lines.join(' ')).toContain('forbids valve');
  });
});

describe('a firing under a standing approval', () => {
  test('begins without asking, names it on the decision, and is audited with it', async () => {
    const scene = createControlScene(TIMES);
    const question = await granted(scene);
    const run = await fired(scene);
    const { id } = await schedule(scene);
    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(gateOf(run)?.settled).toMatchObject({
      verdict: 'approved',
      by: [approver],
      inAdvance: { schedule: id, question: question.id, until: '2026-01-31T03:00:00.000Z' },
    });
    const entries = (await scene.store.auditEntries(0, 1000)).map(({ entry }) => entry);
    expect(entries.filter(({ run: of, action }) => of === run.id && action === 'decision')).toMatchObject([
      { detail: { standing: id, grantedIn: question.id } },
    ]);
  });

  test('asks as usual before it is granted', async () => {
    const scene = createControlScene(TIMES);
    await asked(scene);
    const run = await fired(scene);
    expect([openGate(run)?.spec.id, run.request?.standing]).toEqual(['approve', undefined]);
  });

  const changes: readonly (readonly [string, (scene: ControlScene) => Promise<void> | void, string])[] = [
    [
      'the policy asks for more',
      ({ harness }) => {
        harness.policy = testPolicy(2);
      },
      'asks for more now: 2 of approver',
    ],
    [
      'approvals in advance are forbidden since',
      ({ harness }) => {
        const { rules } = harness.policy;
        harness.policy = { ...harness.policy, rules: [{ ...ALL, deny: ['*'], flags: ['standing'] }, ...rules] };
      },
      'forbids valve on prod with --standing, for everybody',
    ],
    [
      'approvals in advance need more since',
      ({ harness }) => {
        const { rules } = harness.policy;
        const { defaultApprovals } = testPolicy(2);
        const rule = { ...ALL, require: defaultApprovals, flags: ['standing'] };
        harness.policy = { ...harness.policy, rules: [...rules, rule] };
      },
      'asks for more now: 2 of approver',
    ],
    [
      'who granted it lost the role',
      ({ harness }) => {
        const roles = harness.policy.roles.map((role) => ({
          ...role,
          users: role.users.filter((user) => user !== approver.user),
        }));
        harness.policy = { ...harness.policy, roles };
      },
      'do not meet',
    ],
    [
      'the plan has other risks',
      ({ script }) => {
        script.risks = ['reversible', 'disruptive'];
      },
      'other steps or risks',
    ],
    [
      'a step cannot be taken back',
      ({ script }) => {
        script.risks = ['irreversible'];
      },
      'approved each time',
    ],
    [
      'it was revoked',
      async (scene) => {
        await scene.as('U0BEN').revokeStanding(await schedule(scene));
      },
      'revoked by <@U0BEN>',
    ],
    [
      'Slack does not say who people are',
      (scene) => {
        scene.keeper = { ...scene.keeper, freshPolicy: async () => await Promise.reject(new Error('away')) };
      },
      'could not be looked up',
    ],
    [
      'the limit was lowered since',
      ({ harness }) => {
        harness.policy = { ...harness.policy, longestStandingMs: 30 * MINUTE_MS };
      },
      'it is over',
    ],
  ];
  test.each(changes)('asks people when %s, and says why', async (_what, change, why) => {
    const scene = createControlScene(TIMES);
    await granted(scene);
    await change(scene);
    const run = await fired(scene);
    expect(openGate(run)?.settled).toBeNull();
    expect(whyNot(run)).toContain(why);
  });

  test('asks people when the plan warns of more than was shown', async () => {
    const checks: Check[] = [];
    const scene = createControlScene(TIMES);
    const deps = scene.harness.deps.bind(scene.harness);
    scene.harness.deps = (worker) => ({ ...deps(worker), standing: async () => await Promise.resolve(checks) });
    checks.push({ id: 'disk', verdict: 'warn', title: 'The disk is slow', evidence: '40 ms' });
    await granted(scene);
    const same = await fired(scene);
    expect(same.ended?.outcome).toBe('succeeded');
    checks.push({ id: 'space', verdict: 'warn', title: 'Little space is left', evidence: '2 GiB' });
    const more = await fired(scene, DAY_MS);
    expect(whyNot(more)).toContain('space: Little space is left');
  });

  test('that was revoked right before the decision was written is judged again', async () => {
    const scene = createControlScene(TIMES);
    await granted(scene);
    const made = await schedule(scene);
    const deps = scene.harness.deps.bind(scene.harness);
    let once = true;
    scene.harness.deps = (worker) => {
      const own = deps(worker);
      const reach: typeof own.triggers.reach = async (point, runId) => {
        if (point === 'gate-judged' && once) {
          once = false;
          await scene.as('U0BEN').revokeStanding(made);
        }
        await own.triggers.reach(point, runId);
      };
      return { ...own, triggers: { reach } };
    };
    const run = await fired(scene);
    expect([once, openGate(run)?.settled, whyNot(run)]).toEqual([false, null, expect.stringContaining('revoked')]);
  });

  test('after a drift people are asked anew', async () => {
    const scene = createControlScene(TIMES, { check: () => ({ kind: 'stop', reason: 'plan-drifted', note: 'gone' }) });
    await granted(scene);
    const drifted = await fired(scene);
    expect(drifted.ended?.outcome).toBe('drifted');
    const origin = { channel: 'C0OPS', threadTs: null };
    const again = await scene.harness.desk.planAgain({
      runId: drifted.id,
      actor: operator,
      origin,
      idempotencyKey: 'again',
    });
    const run = await scene.harness.drive(again.kind === 'refused' ? '' : again.runId);
    expect(openGate(run)?.settled).toBeNull();
    expect(whyNot(run)).toContain('changed');
  });
});
