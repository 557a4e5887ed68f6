import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import type { Answer } from '../../../src/core/answer.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { TEAM, testPolicy } from '../../support/engine-harness.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const HOUR_MS = 3_600_000;

function policyOf(over: Partial<Policy> = {}): Policy {
  const scope = { clusters: ['prod'], approvals: null };
  return {
    ...testPolicy(),
    roles: [
      { name: 'operator', users: ['U0ANA', 'U0BEN'] },
      { name: 'approver', users: ['U0AP1'] },
    ],
    rules: [
      { ...scope, commands: ['status', 'defrag', 'schedule'], allow: ['operator'] },
      { ...scope, commands: ['status'], allow: ['approver'] },
    ],
    ...over,
  };
}

async function refuse(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

async function say(scene: ControlScene, user: string, text: string, policy = policyOf()): Promise<Answer> {
  const parsed = parseCommand(text.split(' '), commands);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const reply = await parsed.command.handle(
    {
      actor: { team: TEAM, user },
      policy,
      clusters: [sampleCluster()],
      commands,
      desk: {
        list: refuse,
        find: refuse,
        findToDecide: refuse,
        findToCancel: refuse,
        waiting: refuse,
        vote: refuse,
        cancel: refuse,
      },
      audit: emptyAudit,
      control: scene.as(user),
      origin: { channel: 'C0OPS', threadTs: null },
      nowMs: () => scene.harness.clock.nowMs(),
    },
    parsed.args,
  );
  if (reply.kind !== 'answer') throw new Error('no answer');
  return reply.answer;
}

function textOf(answer: Answer): string {
  return JSON.stringify([answer.title, answer.lines, answer.table]);
}

const SCHEDULE = 'schedule prod defrag --all --cron times --tz UTC';

async function scheduled(scene: ControlScene, text = `${SCHEDULE} --standing 30d`): Promise<string> {
  return /sched-prod-[0-9a-z]{4}/.exec(textOf(await say(scene, 'U0ANA', text)))?.[0] ?? '';
}

/** As if the question of a schedule had been approved by somebody. */
async function grant(scene: ControlScene, id: string): Promise<void> {
  const [standing] = await scene.control.list('standing');
  const shape = { identity: 'x', runbook: 'x', runbookVersion: 1, params: {}, flags: [], steps: [], warnings: [] };
  const granted = {
    question: 'defrag-prod-q',
    shape,
    approvals: testPolicy().defaultApprovals,
    escalated: false,
    by: [{ team: TEAM, user: 'U0AP1' }],
    askedAt: scene.harness.clock.nowIso(),
    at: scene.harness.clock.nowIso(),
    until: '2026-01-20T03:00:00.000Z',
    reminded: false,
    over: null,
  };
  const value = { schedule: id, cluster: 'prod', asked: null, granted };
  await scene.control.write({ kind: 'standing', key: id, seen: standing?.revision ?? null, value, audit: [] });
}

describe('schedule --standing', () => {
  test('says until when it is asked, and that runs ask people until then', async () => {
    const scene = createControlScene([HOUR_MS]);
    const text = textOf(await say(scene, 'U0ANA', `${SCHEDULE} --standing 30d`));
    expect(text).toContain('A standing approval until 2026-01-31T03:00 UTC is asked for');
    expect(textOf(await say(scene, 'U0BEN', 'schedules'))).toContain('no, asked for');
  });

  test.each([
    ['91d', {}],
    ['30m', {}],
    ['15d', { longestStandingMs: 14 * 24 * HOUR_MS }],
  ])('of %s is refused with the limits, and nothing is scheduled', async (lasts, over) => {
    const scene = createControlScene([HOUR_MS]);
    const answer = await say(scene, 'U0ANA', `${SCHEDULE} --standing ${lasts}`, policyOf(over));
    expect([answer.reason, textOf(answer)]).toEqual(['mistake', expect.stringContaining('lasts from 1h to')]);
    expect(await scene.as('U0ANA').schedules()).toEqual([]);
  });
});

describe('standing', () => {
  test('is listed with its end, revoked by who could grant it, and then says so', async () => {
    const scene = createControlScene([HOUR_MS]);
    const id = await scheduled(scene);
    await grant(scene, id);
    expect(textOf(await say(scene, 'U0BEN', 'schedules'))).toContain('until 2026-01-20T03:00 UTC');
    expect((await say(scene, 'U0BEN', `standing ${id} --revoke`)).reason).toBe('not-permitted');
    expect((await say(scene, 'U0AP1', `standing ${id} --revoke`)).kind).toBe('ok');
    expect(textOf(await say(scene, 'U0BEN', 'schedules'))).toContain('no, revoked');
    expect((await say(scene, 'U0ANA', `standing ${id} --revoke`)).reason).toBe('mistake');
  });

  test('can be withdrawn by who made the schedule before it is granted', async () => {
    const scene = createControlScene([HOUR_MS]);
    const id = await scheduled(scene);
    expect((await say(scene, 'U0ANA', `standing ${id} --revoke`)).kind).toBe('ok');
    expect(textOf(await say(scene, 'U0BEN', 'schedules'))).toContain('"no"');
  });

  test('is asked for once more only by who made the schedule, and may schedule still', async () => {
    const scene = createControlScene([HOUR_MS]);
    const id = await scheduled(scene, SCHEDULE);
    expect((await say(scene, 'U0BEN', `standing ${id} --for 30d`)).reason).toBe('not-permitted');
    expect((await say(scene, 'U0ANA', `standing ${id} --for 91d`)).reason).toBe('mistake');
    expect((await say(scene, 'U0ANA', `standing ${id} --for 30d`, policyOf({ rules: [] }))).kind).toBe('refused');
    expect(textOf(await say(scene, 'U0ANA', `standing ${id} --for 30d`))).toContain('Until 2026-01-31T03:00 UTC');
  });

  test('wants one of its flags, and knows no schedule that the person may not see', async () => {
    const scene = createControlScene([HOUR_MS]);
    const id = await scheduled(scene);
    expect((await say(scene, 'U0ANA', `standing ${id}`)).reason).toBe('mistake');
    expect((await say(scene, 'U0ANA', `standing ${id} --for 30d --revoke`)).reason).toBe('mistake');
    expect((await say(scene, 'U0NOBODY', `standing ${id} --revoke`)).reason).toBe('unknown-schedule');
  });
});
