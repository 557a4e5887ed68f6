import { beforeEach, describe, expect, test } from 'vitest';
import { createProjector, type Projector } from '../../../../../src/adapters/slack/projector/projector.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { createFakeCardStore, type FakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../../../support/fake-clock.ts';
import { decided, eventAt, GATE_OPENED, PLANNED, REQUESTED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';

const FAILED: readonly RunEvent[] = [
  PLANNED,
  GATE_OPENED,
  ...decided(20, 'approve', null),
  eventAt(21, { type: 'step-started', index: 0, attempt: 1 }),
  eventAt(30, {
    type: 'ended',
    outcome: 'failed',
    reason: 'member-unhealthy',
    note: 'etcd-2 is silent',
    stepsDone: 0,
    stepsPlanned: 2,
  }),
];

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

function projectorOf(who: string, channel: string | null = 'C0INC'): Projector {
  return createProjector({
    runs,
    cards,
    slackFor: () => slack,
    clock,
    log: silentLog,
    who,
    titleOf: () => 'Defragment etcd',
    opsChannel: () => 'C0OPS',
    peopleOf: () => [],
    incidentsChannel: () => channel,
  });
}

async function run(id: string, events: readonly RunEvent[]): Promise<void> {
  const facts = { id, cluster: 'prod', runbook: 'etcd-defrag', idempotencyKey: id, audit: [], nowMs: 0 };
  if ((await runs.read(id)) === null) await runs.create({ ...facts, event: REQUESTED });
  const seen = (await runs.read(id))?.version ?? 0;
  const writer = { kind: 'other', idempotencyKey: null } as const;
  expect((await runs.append(id, { writer, seen, events, audit: [] })).kind).toBe('ok');
}

async function roundsFor(ms: number): Promise<void> {
  const untilMs = clock.nowMs() + ms;
  while (clock.nowMs() < untilMs) {
    const nextMs = await projector.round();
    await clock.advance(Math.max(1, Math.min(nextMs, untilMs) - clock.nowMs()));
  }
  await projector.round();
}

function incidents() {
  return slack.messages.filter((message) => message.metadata?.event_type === 'drydock_incident');
}

function textOf(index = 0): string {
  return incidents()[index]?.message.text ?? '';
}

describe('the incidents channel', () => {
  test('has one message that opens with a failure, follows the next run and closes with a healthy report', async () => {
    await run('r-1', FAILED);
    await roundsFor(10_000);
    expect(incidents().map((message) => message.channel)).toEqual(['C0INC']);
    expect(textOf()).toContain('prod: Defragment etcd: failed: *Open* since');
    expect(textOf()).toContain('No further member was touched.');
    expect(JSON.stringify(incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    await run('r-2', [PLANNED, GATE_OPENED]);
    await roundsFor(10_000);
    expect(textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`) is waiting for approver.');

    await run('r-2', SAMPLE_EVENTS.slice(3));
    await roundsFor(10_000);
    expect(textOf()).toContain('*Closed*');
    expect(textOf()).toContain('healthy again: 3 of 3 members healthy');
    expect(incidents()).toHaveLength(1);
    expect(incidents()[0]?.metadata?.event_payload).toEqual({ incident: 'r-1', cluster: 'prod', state: 'closed' });
  });

  test('hears of changes of state only', async () => {
    await run('r-1', FAILED);
    await run('r-2', FAILED.slice(0, 5));
    await roundsFor(10_000);
    const before = slack.calls.length;
    await run('r-2', []);
    await roundsFor(10_000);

    expect(slack.calls.slice(before)).toEqual([]);
  });

  test('has nothing of a run that went well, and nothing when no channel is configured', async () => {
    await run('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    await cards.resign('slack-projector', 'bot-1');
    projector = projectorOf('bot-2', null);
    await run('r-2', FAILED);
    await roundsFor(10_000);

    expect(incidents()).toEqual([]);
    expect(await cards.dirty(10)).toEqual([]);
  });
});

describe('nothing is told twice', () => {
  test('a post whose answer is lost is found again, also by a successor', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    await run('r-1', FAILED.slice(1));
    slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true, times: 8 });
    await roundsFor(60_000);
    await cards.resign('slack-projector', 'bot-1');
    projector = projectorOf('bot-2');
    await cards.touch('r-1');
    await roundsFor(60_000);

    expect(incidents()).toHaveLength(1);
    expect((await cards.incident('prod'))?.ts).toBe(incidents()[0]?.ts);
  });

  test('a channel without the bot holds up no card, and is not asked all the time', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    const posts = (): number =>
      slack.calls.filter((call) => call.method === 'post' && call.result === 'channel-gone').length;
    const post = slack.post.bind(slack);
    slack.post = async (place, message, metadata) => {
      if (place.channel !== 'C0INC') return await post(place, message, metadata);
      slack.failNext('post', { kind: 'channel-gone', error: 'not_in_channel' });
      return await post(place, message, metadata);
    };
    await run('r-1', FAILED.slice(1));
    await roundsFor(5000);
    await cards.touch('r-1');
    await roundsFor(5000);

    expect(posts()).toBe(1);
    const card = slack.messages.find((message) => message.metadata?.event_type === 'drydock_run');
    expect(card?.metadata?.event_payload).toMatchObject({ state: 'ended' });
    expect(slack.messages.at(-1)?.message.text).toContain('*Failed*');
  });

  test('the bot is invited later: the incident is told then, also by a successor and after other runs', async () => {
    const real = { ...slack };
    let invited = false;
    slack.post = async (place, message, metadata) =>
      place.channel === 'C0INC' && !invited
        ? { kind: 'channel-gone', error: 'not_in_channel' }
        : await real.post(place, message, metadata);
    await run('r-1', FAILED);
    await roundsFor(300_000);
    await run('r-2', SAMPLE_EVENTS.slice(1, 6));
    await roundsFor(10_000);
    await cards.resign('slack-projector', 'bot-1');
    projector = projectorOf('bot-2');
    invited = true;
    await roundsFor(120_000);

    expect(incidents()).toHaveLength(1);
    expect(textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`)');
    expect(await cards.dirty(10)).toEqual([]);
  });

  test('a closing that was refused once is told a minute later', async () => {
    await run('r-1', FAILED);
    await roundsFor(10_000);
    const real = { ...slack };
    let refused = 0;
    slack.update = async (at, message, metadata) => {
      if (at.channel !== 'C0INC' || refused > 0) return await real.update(at, message, metadata);
      refused += 1;
      return { kind: 'channel-gone', error: 'is_archived' };
    };
    await run('r-2', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    expect(textOf()).toContain('*Open*');
    await roundsFor(60_000);

    expect(textOf()).toContain('*Closed*');
    expect(await cards.dirty(10)).toEqual([]);
  });

  test('a link that Slack does not tell at once is added later, and not asked for without end', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    slack.failNext('permalink', { kind: 'rate-limited', retryAfterMs: 1000 });
    await run('r-1', FAILED.slice(1));
    await roundsFor(10_000);
    expect(incidents()).toHaveLength(1);
    await roundsFor(60_000);
    expect(JSON.stringify(incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    slack.failNext('permalink', { kind: 'refused', error: 'not_allowed' }, { times: 1000 });
    await run('r-2', FAILED);
    await roundsFor(900_000);
    expect(await cards.dirty(10)).toEqual([]);
  });

  test('blocks that Slack refuses: the text is told', async () => {
    const real = { ...slack };
    slack.post = async (place, message, metadata) =>
      place.channel === 'C0INC' && message.blocks.length > 0
        ? { kind: 'refused', error: 'invalid_blocks' }
        : await real.post(place, message, metadata);
    await run('r-1', FAILED);
    await roundsFor(10_000);

    expect(textOf()).toContain('*Open*');
  });

  test('a message that was deleted is posted again with the next change', async () => {
    await run('r-1', FAILED);
    await roundsFor(5000);
    slack.messages.splice(
      slack.messages.findIndex((each) => each.channel === 'C0INC'),
      1,
    );
    await run('r-2', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);

    expect(incidents()).toHaveLength(1);
    expect(textOf()).toContain('*Closed*');
  });
});
