import { expect, test } from 'vitest';
import { createRunDesk } from '../../../../../src/adapters/slack/dispatch/run-desk.ts';
import { createFakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeClock } from '../../../../support/fake-clock.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import { eventAt, GATE_OPENED, PLANNED, sampleRequest } from '../../../../support/sample-run.ts';

const ACTOR = { team: 'T0HOME', user: 'U0APPROVER1' };

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('nobody is asked'));
}

test('runs that wait: those with an open gate which the person may see, as many as were asked for', async () => {
  const runs = createFakeRunStore(createFakeClock());
  for (const [id, cluster] of [
    ['planning', 'prod'],
    ['wait-1', 'prod'],
    ['wait-2', 'prod'],
    ['secret', 'hidden'],
  ] as const) {
    const event = eventAt(0, { type: 'requested', request: sampleRequest({ cluster }) });
    await runs.create({ id, cluster, runbook: 'etcd-defrag', idempotencyKey: id, audit: [], nowMs: 0, event });
    if (id === 'planning') continue;
    const writer = { kind: 'other', idempotencyKey: null } as const;
    await runs.append(id, { writer, seen: 1, events: [PLANNED, GATE_OPENED], audit: [] });
  }
  const desk = createRunDesk(
    {
      desk: { request: unasked, planAgain: unasked, vote: unasked, cancel: unasked, refused: unasked },
      runs,
      policy: () => ({
        homeTeam: 'T0HOME',
        roles: [{ name: 'approver', users: [ACTOR.user] }],
        rules: [{ clusters: ['prod'], commands: ['status'], allow: ['approver'], approvals: null }],
        defaultApprovals: sampleApprovals(),
      }),
    },
    ACTOR,
    'k',
  );

  expect((await desk.waiting(9)).map(({ id }) => id).toSorted()).toEqual(['wait-1', 'wait-2']);
  expect(await desk.waiting(1)).toHaveLength(1);
});
