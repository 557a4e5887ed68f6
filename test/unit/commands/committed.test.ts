import { describe, expect, test } from 'vitest';
import { backup } from '../../../commands/backup.ts';
import { commands } from '../../../commands/index.ts';
import type { AnyCommand, CommandContext } from '../../../src/core/command.ts';
import type { Frozen } from '../../../src/core/control-desk.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { operator, testPolicy } from '../../support/engine-harness.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { make, SAMPLE_AT, sampleStep, stateOf } from '../../support/run-samples.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

async function say(words: readonly string[], known: readonly AnyCommand[], underWay: readonly RunState[] = []) {
  const parsed = parseCommand(words, known);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const freeze = {
    cluster: 'prod',
    by: operator,
    at: SAMPLE_AT,
    until: null,
    untilWords: '',
    reason: 'holiday',
    request: 'k',
  };
  const value: Frozen = { freeze, underWay };
  const context: CommandContext = {
    actor: operator,
    policy: testPolicy(),
    clusters: [sampleCluster()],
    commands: known,
    desk: {
      list: unasked,
      find: unasked,
      findToDecide: unasked,
      findToCancel: unasked,
      waiting: unasked,
      vote: unasked,
      cancel: unasked,
    },
    audit: emptyAudit,
    control: { ...NO_CONTROL, freeze: async () => await Promise.resolve({ ok: true, value }) },
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => 0,
  };
  const reply = await parsed.command.handle(context, parsed.args);
  return JSON.stringify(reply.kind === 'answer' ? [reply.answer.kind, reply.answer.title, reply.answer.lines] : reply);
}

/** A run that announced a call of its one step. */
function runUnderWay(commits: boolean): RunState {
  const step = { ...sampleStep('irreversible'), ...(commits ? { commits: true as const } : {}) };
  const planned = make.planned({ steps: [step] });
  return stateOf(
    make.requested(),
    planned,
    make.opened(),
    make.settled(),
    make.locked(),
    make.started(),
    make.intent(),
  );
}

describe('the answer to a freeze', () => {
  const words = ['freeze', 'prod', '--until', 'lifted', 'holiday'];

  test('names a run that goes on, and how to stop it all the same', async () => {
    const text = await say(words, commands, [runUnderWay(true)]);

    expect(text).toContain('goes on: stopped now it would leave the cluster worse off');
    expect(text).toContain('/kube cancel valve-prod-0001');
    expect(text).not.toContain('ends before its next step');
  });

  test('says of any other that it ends', async () => {
    const text = await say(words, commands, [runUnderWay(false)]);

    expect(text).toContain('ends before its next step that changes something');
    expect(text).not.toContain('goes on');
  });
});

test('a command whose plans need people each time is not scheduled', async () => {
  const why = 'People type the name of the member each time, so it cannot be scheduled.';
  const known = [...commands.filter(({ name }) => name !== 'backup'), { ...backup, notScheduled: why }];
  const text = await say(['schedule', 'prod', 'backup', '--cron', '0 3 * * SUN', '--tz', 'UTC'], known);

  expect(text).toContain('refused');
  expect(text).toContain(why);
});
