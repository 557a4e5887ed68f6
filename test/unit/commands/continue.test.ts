import { expect, test } from 'vitest';
import { continueRun } from '../../../commands/continue.ts';
import { commands } from '../../../commands/index.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import type { GateSpec } from '../../../src/core/plan.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleApprovals, waitingState } from '../../support/run-samples.ts';

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

/** Says it to a run whose open gate is this one; answers what was voted, too. */
async function said(gate: Partial<GateSpec>, subject: string, others: readonly RunState[] = []) {
  const run = waitingState(gate);
  const votes: string[] = [];
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
      find: unasked,
      findToDecide: async (id) => await Promise.resolve(id === run.id || id === 'latest' ? run : null),
      findToCancel: unasked,
      waiting: async () => await Promise.resolve([run, ...others]),
      vote: async (voted, verdict, note) => {
        votes.push(`${voted.id} ${verdict} ${note}`);
        return await Promise.resolve({ ok: true, state: voted, settled: 'approved' });
      },
      cancel: unasked,
    },
  };
  const reply = await continueRun.handle(context, { subject, targets: [], flags: {}, rest: '' });
  if (reply.kind !== 'answer') throw new Error('no answer');
  return { answer: reply.answer, votes, run };
}

test.each(['valve-prod-0001', 'latest'])('goes on with the run that waits for work outside: %s', async (subject) => {
  const { answer, votes, run } = await said({ kind: 'continue' }, subject);

  expect(answer).toMatchObject({ kind: 'ok', title: `${run.id} goes on.` });
  expect(votes).toEqual([`${run.id} approve null`]);
});

test.each(['approve', 'typed', 'choice'] as const)('approves nothing: a gate of kind %s is not its', async (kind) => {
  const { answer, votes } = await said({ kind, title: 'Remove cp-2' }, 'valve-prod-0001');

  expect(answer).toMatchObject({ kind: 'refused', reason: 'wrong-answer' });
  expect(JSON.stringify(answer)).toContain(
    'waits for a decision, not for work outside: Remove cp-2. Use /kube approve.',
  );
  expect(votes).toEqual([]);
});

test('latest will not do while another run waits, and a run that is not there is refused', async () => {
  const { answer } = await said({ kind: 'continue' }, 'latest', [waitingState()]);
  expect(answer).toMatchObject({ kind: 'refused', reason: 'several-gates-open' });

  expect((await said({ kind: 'continue' }, 'valve-prod-none')).answer).toMatchObject({ reason: 'unknown-run' });
});
