import { describe, expect, test } from 'vitest';
import { createRunDesk } from '../../../../../src/adapters/slack/dispatch/run-desk.ts';
import type { Actor } from '../../../../../src/core/actor.ts';
import type { RunDesk } from '../../../../../src/core/command.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { createFakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeClock } from '../../../../support/fake-clock.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import {
  at,
  decided,
  eventAt,
  GATE_OPENED,
  PLANNED,
  SAMPLE_HASH,
  sampleRequest,
} from '../../../../support/sample-run.ts';

const ACTOR = { team: 'T0HOME', user: 'U0APPROVER1' };
const OTHER_APPROVER = { team: 'T0HOME', user: 'U0APPROVER2' };
const ON_CALL = { team: 'T0HOME', user: 'U0ONCALL' };
const NOBODY = { team: 'T0HOME', user: 'U0NOBODY' };

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('nobody is asked'));
}

/** A run to put into the store: what became of it after it was asked for. */
interface Told {
  readonly id: string;
  readonly cluster: string;
  /** Left out: `etcd-defrag`. */
  readonly runbook?: string;
  readonly events: readonly RunEvent[];
}

/** A desk where approvers may see `prod` and no other cluster, and decide everywhere. */
async function deskFor(actor: Actor, told: readonly Told[]): Promise<RunDesk> {
  const clock = createFakeClock();
  const runs = createFakeRunStore(clock);
  for (const { id, cluster, runbook = 'etcd-defrag', events } of told) {
    const event = eventAt(0, { type: 'requested', request: sampleRequest({ cluster }) });
    await runs.create({ id, cluster, runbook, idempotencyKey: id, audit: [], nowMs: 0, event });
    const writer = { kind: 'other', idempotencyKey: null } as const;
    if (events.length > 0) await runs.append(id, { writer, seen: 1, events, audit: [] });
  }
  return createRunDesk(
    {
      desk: { request: unasked, planAgain: unasked, vote: unasked, cancel: unasked, refused: unasked },
      runs,
      clock,
      policy: () => ({
        homeTeam: 'T0HOME',
        roles: [
          { name: 'approver', users: [ACTOR.user, OTHER_APPROVER.user] },
          { name: 'on-call', users: [ON_CALL.user] },
        ],
        rules: [{ clusters: ['prod'], commands: ['status'], allow: ['approver'], approvals: null }],
        defaultApprovals: sampleApprovals(),
      }),
    },
    actor,
    'k',
  );
}

const WAITS = [PLANNED, GATE_OPENED];

test('runs that wait: those with an open gate which the person may see, as many as were asked for', async () => {
  const desk = await deskFor(ACTOR, [
    { id: 'planning', cluster: 'prod', events: [] },
    { id: 'wait-1', cluster: 'prod', events: WAITS },
    { id: 'wait-2', cluster: 'prod', events: WAITS },
    { id: 'secret', cluster: 'hidden', events: WAITS },
  ]);

  expect((await desk.waiting(9)).map(({ id }) => id).toSorted()).toEqual(['wait-1', 'wait-2']);
  expect(await desk.waiting(1)).toHaveLength(1);
});

test('runs of one runbook are found behind hundreds of others', async () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ id: `b-${index}`, cluster: 'prod', events: [] }));
  const desk = await deskFor(ACTOR, [
    { id: 'undo-1', cluster: 'prod', runbook: 'undo', events: [] },
    { id: 'undo-2', cluster: 'hidden', runbook: 'undo', events: [] },
    ...many,
  ]);

  expect((await desk.list({ cluster: 'prod', limit: 9, runbook: 'undo' })).map(({ id }) => id)).toEqual(['undo-1']);
  expect((await desk.list({ cluster: null, limit: 9, runbook: 'undo' })).map(({ id }) => id)).toEqual(['undo-1']);
  expect((await desk.list({ cluster: 'prod', limit: 900 })).map(({ id }) => id)).not.toContain('undo-1');
});

describe('a run of a cluster that the person may not see', () => {
  const secret = { id: 'secret', cluster: 'hidden' };
  const escalated = eventAt(900, { type: 'gate-escalated', gate: 'approve', hash: SAMPLE_HASH, to: ['on-call'] });
  const ENDED = eventAt(1900, {
    type: 'ended',
    outcome: 'expired',
    reason: 'gate-expired',
    note: '',
    stepsDone: 0,
    stepsPlanned: 2,
  });

  async function named(actor: Actor, events: readonly RunEvent[]): Promise<string | null> {
    return (await (await deskFor(actor, [{ ...secret, events }])).findToDecide('secret'))?.id ?? null;
  }

  async function cancellable(actor: Actor, events: readonly RunEvent[]): Promise<string | null> {
    return (await (await deskFor(actor, [{ ...secret, events }])).findToCancel('secret'))?.id ?? null;
  }

  test('is found to be decided about by those who may decide at its open gate', async () => {
    expect(await named(ACTOR, WAITS)).toBe('secret');
  });

  test('is not found by anybody else', async () => {
    expect(await named(NOBODY, WAITS)).toBeNull();
    expect(await named({ ...ACTOR, team: 'T0FOREIGN' }, WAITS)).toBeNull();
    expect(await named(ON_CALL, WAITS)).toBeNull();
  });

  test('is found by those it was escalated to', async () => {
    const opened = GATE_OPENED.type === 'gate-opened' ? GATE_OPENED : null;
    if (opened === null) throw new Error('it opens a gate');
    const approvals = { ...opened.gate.approvals, escalate: { afterMs: 900_000, to: ['on-call'] } };
    const open = { ...opened, gate: { ...opened.gate, approvals } };

    expect(await named(ON_CALL, [PLANNED, open])).toBeNull();
    expect(await named(ON_CALL, [PLANNED, open, escalated])).toBe('secret');
  });

  test('is not found while no gate is open', async () => {
    expect(await named(ACTOR, [])).toBeNull();
    expect(await named(ACTOR, [PLANNED])).toBeNull();
    expect(await named(ACTOR, [...WAITS, ENDED])).toBeNull();
    expect(await named(OTHER_APPROVER, [...WAITS, ...decided(20, 'approve', null)])).toBeNull();
  });

  test('is still found by those who voted at it: the same word delivered twice is not told that there is no such run', async () => {
    expect(await named(ACTOR, [...WAITS, ...decided(20, 'reject', 'not now')])).toBe('secret');
  });

  describe('is found to be cancelled', () => {
    const REQUESTER = { team: 'T0HOME', user: 'U0OPERATOR' };

    test.each([
      ['while it is planned', []],
      ['while its gate is open', WAITS],
      ['while it runs', [...WAITS, ...decided(20, 'approve', null)]],
    ])('by the person who asked and by approvers %s, as its button does', async (_when, events) => {
      expect(await cancellable(REQUESTER, events)).toBe('secret');
      expect(await cancellable(OTHER_APPROVER, events)).toBe('secret');
    });

    test('by nobody else', async () => {
      expect(await cancellable(NOBODY, WAITS)).toBeNull();
      expect(await cancellable(ON_CALL, WAITS)).toBeNull();
      expect(await cancellable({ ...REQUESTER, team: 'T0FOREIGN' }, WAITS)).toBeNull();
    });

    test('only by its name', async () => {
      expect(await (await deskFor(REQUESTER, [{ ...secret, events: WAITS }])).findToCancel('latest')).toBeNull();
    });
  });

  test('is shown nowhere else', async () => {
    const desk = await deskFor(ACTOR, [{ ...secret, events: WAITS }]);

    expect(await desk.find('secret')).toBeNull();
    expect(await desk.find('latest')).toBeNull();
    expect(await desk.findToDecide('latest')).toBeNull();
    expect(await desk.list({ cluster: null, limit: 9 })).toEqual([]);
    expect(await desk.waiting(9)).toEqual([]);
  });
});

test('a run of a cluster that the person may see is found to be decided about whatever it waits for', async () => {
  const desk = await deskFor(ACTOR, [
    { id: 'planning', cluster: 'prod', events: [] },
    { id: 'waits', cluster: 'prod', events: [{ ...PLANNED, at: at(3) }, GATE_OPENED] },
  ]);

  expect((await desk.findToDecide('planning'))?.id).toBe('planning');
  expect((await desk.findToDecide('waits'))?.id).toBe('waits');
  expect(await desk.findToDecide('unheard-of')).toBeNull();
});
