import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import type { Answer } from '../../../src/core/answer.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { TEAM, testPolicy } from '../../support/engine-harness.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const VERBS = ['status', 'defrag', 'freeze', 'thaw', 'lock', 'unlock', 'schedule'];

function policyOf(verbs: readonly string[] = VERBS): Policy {
  const allow = ['operator'];
  return {
    ...testPolicy(),
    roles: [{ name: 'operator', users: ['U0ANA', 'U0BEN'] }],
    rules: [{ clusters: ['prod'], commands: [...verbs], allow, approvals: null }],
  };
}

async function refuse(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

async function say(scene: ControlScene, user: string, words: readonly string[], policy = policyOf()): Promise<Answer> {
  const parsed = parseCommand(words, commands);
  if (!parsed.ok) return { kind: 'mistake', title: parsed.mistake.text, lines: [], table: null, reason: 'mistake' };
  const context: CommandContext = {
    actor: { team: TEAM, user },
    policy,
    clusters: [sampleCluster(), sampleCluster({ name: 'secret' })],
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
  };
  const reply = await parsed.command.handle(context, parsed.args);
  if (reply.kind !== 'answer') throw new Error('no answer');
  return reply.answer;
}

function textOf(answer: Answer): string {
  return JSON.stringify([answer.title, answer.lines, answer.table]).replaceAll('\\"', '"');
}

describe('freeze and thaw', () => {
  test('the answer names the instant, its zone, and what ends it', async () => {
    const scene = createControlScene();
    const answer = await say(scene, 'U0ANA', ['freeze', 'prod', '--until', '2026-01-03', 'holiday']);
    expect(answer.kind).toBe('ok');
    expect(textOf(answer)).toContain('prod is frozen until 2026-01-04T00:00 UTC');
    expect(textOf(answer)).toContain('2026-01-04 00:00:00 UTC. It ends by itself then.');
    expect(textOf(answer)).toContain('No run is under way on it.');
  });

  test('names runs under way, and how to cancel them', async () => {
    const scene = createControlScene();
    const runId = await scene.harness.start(['cluster/prod/valves']);
    await scene.harness.drive(runId);
    const answer = await say(scene, 'U0ANA', ['freeze', 'prod', '--until', 'lifted', 'holiday']);
    expect(textOf(answer)).toContain(`/kube cancel ${runId}`);
    expect(textOf(answer)).toContain('/kube thaw prod');
  });

  test.each([[['freeze', 'prod', 'holiday']], [['freeze', 'prod', 'holiday', '--until', '4h']]])(
    'without --until before the reason it is refused in words: %j',
    async (words) => {
      const answer = await say(createControlScene(), 'U0ANA', words);
      expect([answer.kind, answer.reason]).toEqual(['refused', 'mistake']);
      expect(textOf(answer)).toContain('before the reason');
    },
  );

  test('thaw tells what it was, and a second one that nothing is frozen', async () => {
    const scene = createControlScene();
    await say(scene, 'U0ANA', ['freeze', 'prod', '--until', 'lifted', 'holiday']);
    expect(textOf(await say(scene, 'U0BEN', ['thaw', 'prod']))).toContain('holiday');
    expect((await say(scene, 'U0BEN', ['thaw', 'prod'])).reason).toBe('not-frozen');
  });
});

describe('locks', () => {
  test('shows freezes, locks by hand with the command that unlocks them, and what runs hold', async () => {
    const scene = createControlScene();
    await say(scene, 'U0ANA', ['freeze', 'prod', '--until', '4h', 'holiday']);
    await say(scene, 'U0ANA', ['lock', 'prod', 'investigating latency']);
    const text = textOf(await say(scene, 'U0BEN', ['locks', 'prod']));
    expect(text).toContain('1 lock, 1 freeze');
    expect(text).toContain('holiday');
    expect(text).toMatch(/\/kube unlock prod --seen [0-9a-z]{4}/);
    expect(text).toContain('investigating latency');
  });

  test('shows nothing of clusters that the person may not see', async () => {
    const scene = createControlScene();
    await scene.as('U0ROOT').freeze('secret', 'lifted', 'not for everyone');
    await scene.as('U0ROOT').lock('secret', 'not for everyone');
    expect(textOf(await say(scene, 'U0BEN', ['locks']))).not.toContain('secret');
    expect((await say(scene, 'U0BEN', ['locks', 'secret'])).reason).toBe('unknown-cluster');
    expect(textOf(await say(scene, 'U0NOBODY', ['locks']))).not.toContain('prod');
  });

  test('lock, unlock of somebody else, with the mark it works', async () => {
    const scene = createControlScene();
    await say(scene, 'U0ANA', ['lock', 'prod', 'mine']);
    const shown = await say(scene, 'U0BEN', ['unlock', 'prod']);
    expect(shown.reason).toBe('lock-not-shown');
    const mark = /--seen ([0-9a-z]{4})/.exec(textOf(shown))?.[1] ?? '';
    expect((await say(scene, 'U0BEN', ['unlock', 'prod', '--seen', 'zzzz'])).reason).toBe('lock-changed');
    expect((await say(scene, 'U0BEN', ['unlock', 'prod', '--seen', mark])).kind).toBe('ok');
  });
});

describe('schedules', () => {
  const words = ['schedule', 'prod', 'defrag', '--all', '--cron', 'times', '--tz', 'UTC'];

  test('are made, listed and removed', async () => {
    const scene = createControlScene([3_600_000]);
    const made = await say(scene, 'U0ANA', words);
    expect(made.kind).toBe('ok');
    expect(textOf(made)).toContain('/kube defrag prod --all');
    const id = /sched-prod-[0-9a-z]{4}/.exec(textOf(made))?.[0] ?? '';
    expect(textOf(await say(scene, 'U0BEN', ['schedules']))).toContain(id);
    const stranger = await say(scene, 'U0BEN', ['unschedule', id]);
    expect(stranger.reason).toBe('not-permitted');
    expect((await say(scene, 'U0ANA', ['unschedule', id])).kind).toBe('ok');
    expect((await say(scene, 'U0ANA', ['unschedule', id])).reason).toBe('unknown-schedule');
  });

  test('a rule lets others remove them', async () => {
    const scene = createControlScene([3_600_000]);
    const id = /sched-prod-[0-9a-z]{4}/.exec(textOf(await say(scene, 'U0ANA', words)))?.[0] ?? '';
    const policy = policyOf([...VERBS, 'unschedule']);
    expect((await say(scene, 'U0BEN', ['unschedule', id], policy)).kind).toBe('ok');
  });

  test('need the right to the command itself', async () => {
    const scene = createControlScene([3_600_000]);
    const answer = await say(scene, 'U0ANA', words, policyOf(['status', 'schedule']));
    expect(answer.reason).toBe('not-permitted');
    expect(await scene.as('U0ANA').schedules()).toEqual([]);
  });

  test.each([
    [['schedule', 'prod', 'defrag', '--cron', 'times'], 'Say when'],
    [['schedule', 'prod', 'thaw', '--cron', 'times', '--tz', 'UTC'], 'starts no run'],
    [['schedule', 'prod', 'defrog', '--cron', 'times', '--tz', 'UTC'], 'no command'],
    [['schedule', 'prod', 'defrag', '--cron', '61 * * * *', '--tz', 'UTC'], 'no cron expression'],
  ])('%j is not guessed at', async (given, why) => {
    expect(textOf(await say(createControlScene([3_600_000]), 'U0ANA', given))).toContain(why);
  });
});
