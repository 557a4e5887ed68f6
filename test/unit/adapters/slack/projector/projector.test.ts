import { beforeEach, describe, expect, test } from 'vitest';
import { updateIntervalMs } from '../../../../../src/adapters/slack/projector/pace.ts';
import { createProjector, type Projector } from '../../../../../src/adapters/slack/projector/projector.ts';
import type { Log } from '../../../../../src/core/ports/runtime.ts';
import type { RunEvent, Scratch } from '../../../../../src/core/run-event.ts';
import { createFakeCardStore, type FakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../../../support/fake-clock.ts';
import { createRecordingLog } from '../../../../support/recording-log.ts';
import { at, decided, GATE_OPENED, PLANNED, REQUESTED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';

let clock: FakeClock;
let runs: FakeRunStore;
let cards: FakeCardStore;
let slack: FakeSlack;
let projector: Projector;

beforeEach(() => {
  clock = createFakeClock();
  runs = createFakeRunStore(clock);
  cards = createFakeCardStore(runs);
  slack = createFakeSlack(clock);
  projector = projectorOf('bot-1');
});

function projectorOf(who: string, log: Log = silentLog): Projector {
  return createProjector({
    runs,
    cards,
    slackFor: () => slack,
    clock,
    log,
    who,
    titleOf: (runbook) => runbook,
    opsChannel: () => 'C0OPS',
    peopleOf: (role) => (role === 'approver' ? ['U0APPROVER1', 'U0APPROVER2'] : []),
    incidentsChannel: () => 'C0INC',
  });
}

async function newRun(id: string): Promise<void> {
  await runs.create({
    id,
    cluster: 'prod',
    runbook: 'etcd-defrag',
    idempotencyKey: id,
    event: REQUESTED,
    audit: [],
    nowMs: 0,
  });
}

async function append(id: string, events: readonly RunEvent[], note?: string): Promise<void> {
  const record = await runs.read(id);
  const scratch: Scratch = { index: 0, state: null, note: note ?? '', at: at(1), notBefore: null, failures: 0 };
  const written = await runs.append(id, {
    writer: { kind: 'other', idempotencyKey: null },
    seen: record?.version ?? 0,
    events,
    audit: [],
    ...(note === undefined ? {} : { scratch }),
  });
  expect(written.kind).toBe('ok');
}

/** Rounds until this time from now has passed, each when it said it was due. */
async function roundsFor(ms: number): Promise<void> {
  const untilMs = clock.nowMs() + ms;
  while (clock.nowMs() < untilMs) {
    const nextMs = await projector.round();
    await clock.advance(Math.max(1, Math.min(nextMs, untilMs) - clock.nowMs()));
  }
  await projector.round();
}

function callsOf(method: string): readonly number[] {
  return slack.calls.filter((call) => call.method === method).map((call) => call.atMs);
}

function cardOf(id: string) {
  return slack.messages.find(
    (message) => message.metadata?.event_type === 'drydock_run' && message.metadata.event_payload['run'] === id,
  );
}

describe('pace', () => {
  test.each([
    [1, 3000],
    [2, 3000],
    [3, 3600],
    [50, 60_000],
  ])('%d live cards: %d ms between updates of one', (live, ms) => {
    expect(updateIntervalMs(live)).toBe(ms);
  });

  test('progress is told at most every interval, the newest state wins', async () => {
    await newRun('r-1');
    await append('r-1', [PLANNED, ...SAMPLE_EVENTS.slice(2, 7)]);
    await projector.round();
    for (let second = 0; second < 30; second += 1) {
      await append('r-1', [], `second ${second}`);
      await roundsFor(1000);
    }
    await roundsFor(4000);

    const gaps = callsOf('update').map((ms, index, all) => ms - (all[index - 1] ?? -Infinity));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3000);
    expect(JSON.stringify(cardOf('r-1')?.message.blocks)).toContain('second 29');
  });

  test('many live cards share fifty updates a minute', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `r-${index}`);
    for (const id of ids) {
      await newRun(id);
      await append(id, [PLANNED, ...SAMPLE_EVENTS.slice(2, 7)]);
    }
    await projector.round();
    const startMs = clock.nowMs();
    for (let second = 0; second < 120; second += 1) {
      for (const id of ids) await append(id, [], `second ${second}`);
      await roundsFor(1000);
    }

    const inMinute = callsOf('update').filter((ms) => ms >= startMs + 30_000 && ms < startMs + 90_000);
    expect(inMinute.length).toBeGreaterThan(20);
    expect(inMinute.length).toBeLessThanOrEqual(50);
  });

  test('gates, decisions and endings do not wait for the interval', async () => {
    await newRun('r-1');
    await projector.round();
    await append('r-1', [PLANNED, GATE_OPENED]);
    await projector.round();
    await append('r-1', decided(20, 'approve', null));
    await projector.round();
    await append('r-1', SAMPLE_EVENTS.slice(5));
    await projector.round();

    expect(callsOf('update')).toHaveLength(3);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended', outcome: 'succeeded' });
  });
});

describe('delivery', () => {
  test('trouble with a card or its thread is logged with run and cluster', async () => {
    const log = createRecordingLog();
    projector = projectorOf('bot-1', log);
    await newRun('r-1');
    slack.failNext('post', { kind: 'refused', error: 'no_permission' });
    await projector.round();
    await roundsFor(60_000);
    await append('r-1', SAMPLE_EVENTS.slice(1));
    slack.failNext('update', { kind: 'unavailable', error: 'HTTP status 500' });
    slack.failNext('post', { kind: 'unavailable', error: 'HTTP status 500' });
    await roundsFor(10_000);

    expect(log.lines.map((line) => line.message)).toEqual(
      expect.arrayContaining([
        'a card could not be posted',
        'a card could not be updated',
        'a thread message could not be posted',
      ]),
    );
    expect(log.lines.filter(({ data }) => data['run'] !== 'r-1' || data['cluster'] !== 'prod')).toEqual([]);
  });

  test('what was delivered is not sent again', async () => {
    await newRun('r-1');
    await append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    const calls = slack.calls.length;
    await cards.touch('r-1');
    await roundsFor(10_000);

    expect(slack.calls).toHaveLength(calls);
    expect((await cards.card('r-1'))?.final).toBe(true);
    expect(await cards.dirty(10)).toEqual([]);
  });

  test('a successor after a lost answer finds the card instead of posting again', async () => {
    await newRun('r-1');
    slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
    await projector.round();
    await cards.resign('slack-projector', 'bot-1');
    projector = projectorOf('bot-2');
    await append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(5000);

    expect(slack.messages.filter((message) => message.metadata?.event_type === 'drydock_run')).toHaveLength(1);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended' });
  });

  test('a thread message whose answer is lost is looked for before it is posted again', async () => {
    await newRun('r-1');
    await projector.round();
    await append('r-1', [PLANNED]);
    slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
    await roundsFor(10_000);

    expect(slack.messages.filter((message) => message.metadata?.event_type === 'drydock_thread')).toHaveLength(1);
  });

  test('429: that method rests for as long as Slack asked, other methods go on', async () => {
    await newRun('r-1');
    await projector.round();
    slack.failNext('update', { kind: 'rate-limited', retryAfterMs: 30_000 });
    await append('r-1', [PLANNED, GATE_OPENED]);
    await roundsFor(60_000);

    const [first = 0, second = 0] = callsOf('update');
    expect(second - first).toBeGreaterThanOrEqual(30_000);
    expect(slack.messages.some((message) => message.metadata?.event_type === 'drydock_thread')).toBe(true);
  });

  test('Slack away for an hour: few tries, then the last state', async () => {
    await newRun('r-1');
    slack.failNext('post', { kind: 'unavailable', error: 'HTTP status 503' }, { times: 40 });
    slack.failNext('history', { kind: 'unavailable', error: 'HTTP status 503' }, { times: 80 });
    await append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(3_600_000);

    expect(slack.calls.filter((call) => call.result === 'unavailable').length).toBeLessThan(130);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended' });
  });

  test('the ops channel cannot be used either: it goes on trying, slowly', async () => {
    await newRun('r-1');
    slack.failNext('post', { kind: 'channel-gone', error: 'not_in_channel' }, { times: 3 });
    await roundsFor(170_000);
    const tries = callsOf('post').length;
    await roundsFor(60_000);

    expect(tries).toBeLessThanOrEqual(4);
    expect(cardOf('r-1')).toBeDefined();
  });

  test('the store is away: a round does not throw, and says when to try again', async () => {
    await newRun('r-1');
    cards.failures.setDown(true);
    const nextMs = await projector.round();
    cards.failures.setDown(false);
    await projector.round();

    expect(nextMs).toBeGreaterThan(clock.nowMs());
    expect(cardOf('r-1')).toBeDefined();
  });

  test('only the elected one writes; the next takes over when it is gone', async () => {
    await newRun('r-1');
    await projector.round();
    const second = projectorOf('bot-2');
    await append('r-1', [PLANNED, GATE_OPENED]);
    await second.round();
    const before = callsOf('update').length;
    await clock.advance(25_000);
    await second.round();

    expect(before).toBe(0);
    expect(callsOf('update')).toHaveLength(1);
  });

  test('an event of a newer version stays for a newer projector; the card says so', async () => {
    await newRun('r-1');
    await append('r-1', [PLANNED]);
    runs.memory.runs.get('r-1')?.events.push(JSON.stringify({ v: 2, type: 'teleported', at: at(5) }));
    await cards.touch('r-1');
    await roundsFor(5000);

    expect(JSON.stringify(cardOf('r-1')?.message.blocks)).toContain('Waiting for a newer worker');
  });
});
