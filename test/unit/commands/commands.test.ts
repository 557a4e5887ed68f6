import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import type { Answer } from '../../../src/core/answer.ts';
import type { CommandContext, CommandReply, RunWord } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import {
  decided,
  defragmented,
  eventAt,
  GATE_OPENED,
  PLANNED,
  REQUESTED,
  SAMPLE_EVENTS,
  SAMPLE_START_MS,
  stateOf,
} from '../../support/sample-run.ts';

const POLICY: Policy = {
  homeTeam: 'T0HOME',
  roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
  rules: [{ clusters: ['prod', 'cloud'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null }],
  defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
};
const WAITING = stateOf([REQUESTED, PLANNED, GATE_OPENED]);

interface Scene {
  readonly runs?: readonly RunState[];
  readonly word?: RunWord;
  readonly user?: string;
}

/** What the handler was heard to ask of the desk, and what it replied. */
async function give(
  line: string,
  scene: Scene = {},
): Promise<{ readonly reply: CommandReply; readonly asked: readonly unknown[] }> {
  const parsed = parseCommand(line.split(' '), commands);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const asked: unknown[] = [];
  const word = scene.word ?? { ok: true, state: WAITING, settled: null };
  const context: CommandContext = {
    actor: { team: 'T0HOME', user: scene.user ?? 'U0OPERATOR' },
    policy: POLICY,
    clusters: [sampleCluster(), sampleCluster({ name: 'cloud', platform: 'gke' }), sampleCluster({ name: 'secret' })],
    commands,
    control: NO_CONTROL,
    audit: emptyAudit,
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => SAMPLE_START_MS + 90_000,
    desk: {
      list: async (query) => {
        asked.push(query);
        return scene.runs ?? [];
      },
      find: async (id) => scene.runs?.find((run) => run.id === id || id === 'latest') ?? null,
      findToCancel: async (id) => scene.runs?.find((run) => run.id === id || id === 'latest') ?? null,
      findToDecide: async (id) => scene.runs?.find((run) => run.id === id || id === 'latest') ?? null,
      waiting: async (most) => (scene.runs ?? []).slice(0, most),
      vote: async (run, verdict, note) => {
        asked.push([run.id, verdict, note]);
        return word;
      },
      cancel: async (run) => {
        asked.push([run.id, 'cancel']);
        return word;
      },
    },
  };
  return { reply: await parsed.command.handle(context, parsed.args), asked };
}

async function answer(line: string, scene: Scene = {}): Promise<Answer> {
  const { reply } = await give(line, scene);
  if (reply.kind !== 'answer') throw new Error('a run was ordered');
  return reply.answer;
}

function words(given: Answer): string {
  return JSON.stringify([given.title, given.lines, given.table]);
}

describe('commands that start runs', () => {
  test.each([
    ['status prod', 'status', {}, false, false],
    ['members prod', 'members', {}, false, false],
    ['alarms prod', 'alarms', {}, false, false],
    ['defrag prod', 'etcd-defrag', { members: [], all: false, moveLeader: false, pauseMs: null }, false, false],
    [
      'defrag prod member/a member/b --move-leader --pause 2m --dry-run --wait',
      'etcd-defrag',
      { members: ['a', 'b'], all: false, moveLeader: true, pauseMs: 120_000 },
      true,
      true,
    ],
    ['defrag prod --all', 'etcd-defrag', { members: [], all: true, moveLeader: false, pauseMs: null }, false, false],
  ])('%s', async (line, runbook, params, dryRun, waitForLock) => {
    const { reply } = await give(line);

    expect(reply).toEqual({ kind: 'run', order: { runbook, cluster: 'prod', params, dryRun, waitForLock } });
  });

  test('defrag does not guess between named members and all of them', async () => {
    const given = await answer('defrag prod member/m-2 --all');

    expect(given).toMatchObject({ kind: 'mistake', title: 'Name members or say --all, not both.' });
    expect(words(given)).toContain('Usage: ');
    expect(words(given)).toContain('Nothing was started.');
  });

  test.each(['members', 'alarms', 'defrag'])('%s says that the provider runs etcd', async (verb) => {
    const given = await answer(`${verb} cloud`);

    expect(given).toMatchObject({ kind: 'refused', reason: 'not-applicable' });
    expect(words(given)).toContain('GKE runs etcd itself and shows nothing of it.');
  });
});

describe('lists show what the person may see', () => {
  test('clusters', async () => {
    expect((await answer('clusters')).table?.rows).toEqual([
      ['prod', 'kubeadm', 'gRPC to its endpoints'],
      ['cloud', 'gke', 'run by the provider'],
    ]);
  });

  test('clusters of somebody who may see none', async () => {
    const given = await answer('clusters', { user: 'U0STRANGER' });

    expect(given).toMatchObject({ kind: 'ok', table: null });
    expect(words(given)).not.toContain('prod');
  });

  test('runs of a cluster that may not be seen: the same answer as for one that does not exist', async () => {
    const hidden = await answer('runs secret');
    const missing = await answer('runs nowhere');

    expect(hidden.reason).toBe('unknown-cluster');
    expect(words(hidden).replace('secret', 'x')).toBe(words(missing).replace('nowhere', 'x'));
  });

  test('runs, with age and state', async () => {
    const { reply, asked } = await give('runs prod', {
      runs: [WAITING, stateOf(SAMPLE_EVENTS, null, 'defrag-prod-2222')],
    });

    expect(asked).toEqual([{ cluster: 'prod', limit: 15 }]);
    expect(reply).toMatchObject({
      answer: {
        table: {
          rows: [
            ['defrag-prod-7f3k', 'prod', '1 min 30 s ago', 'Waiting for approval: 0 of 1'],
            ['defrag-prod-2222', 'prod', '1 min 30 s ago', 'Succeeded'],
          ],
        },
      },
    });
  });

  test.each(['runs', 'runs prod'])('%s without any', async (line) => {
    expect((await answer(line)).title).toMatch(/^There are no runs/);
  });
});

describe('show', () => {
  test('a run that waits: who asked, what it waits for, its steps', async () => {
    const given = await answer('show latest', { runs: [WAITING] });

    expect(given.title).toBe('defrag-prod-7f3k: Waiting for approval: 0 of 1');
    expect(words(given)).toContain('/kube approve defrag-prod-7f3k');
    expect(given.table?.rows).toHaveLength(2);
  });

  test('a run that ended: outcome, reason, what was done, what is next', async () => {
    const failed = stateOf([
      ...SAMPLE_EVENTS.slice(0, 7),
      eventAt(50, {
        type: 'ended',
        outcome: 'failed',
        reason: 'quorum-at-risk',
        note: 'etcd-2 is down',
        stepsDone: 0,
        stepsPlanned: 2,
      }),
    ]);

    const text = words(await answer(`show ${failed.id}`, { runs: [failed] }));

    expect(text).toContain('Failed');
    expect(text).toContain('etcd-2 is down');
    expect(text).toContain('Done: 0 of 2 steps. Next: Bring the ring back to full health first');
  });
});

test.each(['show x-1', 'approve x-1', 'reject x-1 why', 'cancel x-1'])(
  '%s: a run that is not there or not visible',
  async (line) => {
    expect(await answer(line)).toMatchObject({ kind: 'refused', reason: 'unknown-run' });
  },
);

describe('words to a run', () => {
  const approved = stateOf([REQUESTED, PLANNED, GATE_OPENED, ...decided(20, 'approve', null)]);

  test('approve passes the typed answer on', async () => {
    const { reply, asked } = await give('approve latest yes prod', {
      runs: [WAITING],
      word: { ok: true, state: approved, settled: 'approved' },
    });

    expect(asked).toEqual([[WAITING.id, 'approve', 'yes prod']]);
    expect(reply).toMatchObject({ answer: { kind: 'ok', title: 'You approved defrag-prod-7f3k.' } });
  });

  test('an approval that is not the last one needed', async () => {
    expect(await answer('approve latest', { runs: [WAITING] })).toMatchObject({
      kind: 'ok',
      title: 'Your approval of defrag-prod-7f3k is counted.',
    });
  });

  test('reject passes the reason on', async () => {
    const { reply, asked } = await give('reject latest not now', {
      runs: [WAITING],
      word: { ok: true, state: WAITING, settled: 'rejected' },
    });

    expect(asked).toEqual([[WAITING.id, 'reject', 'not now']]);
    expect(reply).toMatchObject({ answer: { kind: 'ok', title: 'You rejected defrag-prod-7f3k.' } });
  });

  test.each(['approve latest', 'reject latest why', 'cancel latest'])(
    '%s: a refusal is told with its reason; people are mentioned',
    async (line) => {
      const given = await answer(line, {
        runs: [WAITING],
        word: { ok: false, reason: 'gate-settled', why: 'It was approved by <@U0APPROVER1>.' },
      });

      expect(given).toMatchObject({
        kind: 'refused',
        reason: 'gate-settled',
        title: 'This was already decided. Your answer changed nothing.',
      });
      expect(given.lines[0]).toEqual(['It was approved by ', { user: 'U0APPROVER1' }, '.']);
    },
  );

  test.each([
    ['nothing under way', [REQUESTED], 'Nothing was under way, so it ends at once.'],
    ['between calls', [...SAMPLE_EVENTS.slice(0, 7), ...defragmented(22, 'etcd-1')], 'It stops before its next call.'],
    [
      'a call under way',
      [...SAMPLE_EVENTS.slice(0, 7), ...defragmented(22, 'etcd-1').slice(0, 1)],
      'etcd-1: the call (defragment) under way is not interrupted',
    ],
  ])('cancel says when it stops: %s', async (_name, events, text) => {
    const state = stateOf(events);

    expect(words(await answer('cancel latest', { runs: [state], word: { ok: true, state, settled: null } }))).toContain(
      text,
    );
  });
});

describe('help', () => {
  test('lists every command with its usage', async () => {
    const text = words(await answer('help'));

    for (const command of commands) expect(text).toContain(`/kube ${command.name}`);
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    'help %s is made from the declaration',
    async (name, command) => {
      const text = words(await answer(`help ${name}`));

      for (const part of [
        command.summary,
        ...command.details,
        ...command.examples,
        ...Object.keys(command.arguments.flags),
      ])
        expect(text).toContain(JSON.stringify(part).slice(1, -1));
    },
  );
});

test('names are unique, and every command says what it does', () => {
  expect(new Set(commands.map((command) => command.name)).size).toBe(commands.length);
  for (const command of commands) {
    expect(command.summary).toMatch(/\.$/);
    expect(command.examples.length).toBeGreaterThan(0);
  }
});
