import { expect, test } from 'vitest';
import { cancel } from '../../../commands/cancel.ts';
import { commands } from '../../../commands/index.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleApprovals } from '../../support/run-samples.ts';
import { REQUESTED, stateOf } from '../../support/sample-run.ts';

const RUN = stateOf([REQUESTED]);

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

test('a run that the person may not see goes to the desk by its name, as its button does', async () => {
  const asked: string[] = [];
  const context: CommandContext = {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    policy: { homeTeam: 'T0HOME', roles: [], rules: [], defaultApprovals: sampleApprovals() },
    clusters: [],
    commands,
    control: NO_CONTROL,
    audit: emptyAudit,
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => 0,
    desk: {
      list: unasked,
      find: async () => await Promise.resolve(null),
      findToDecide: unasked,
      findToCancel: async (id) => await Promise.resolve(id === RUN.id ? RUN : null),
      waiting: unasked,
      vote: unasked,
      cancel: async (run) => {
        asked.push(run.id);
        return await Promise.resolve({ ok: true, state: run, settled: null });
      },
    },
  };
  const args = { targets: [], flags: {}, rest: '' };

  const named = await cancel.handle(context, { ...args, subject: RUN.id });
  const other = await cancel.handle(context, { ...args, subject: 'defrag-prod-none' });

  expect(asked).toEqual([RUN.id]);
  expect(named).toMatchObject({ answer: { kind: 'ok', title: `${RUN.id} is being cancelled.` } });
  expect(other).toMatchObject({ answer: { kind: 'refused', reason: 'unknown-run' } });
});
