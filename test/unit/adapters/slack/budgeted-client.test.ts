import { beforeEach, describe, expect, test } from 'vitest';
import { budgetSlack, type SlackFor } from '../../../../src/adapters/slack/budgeted-client.ts';
import { CALL_LIMITS } from '../../../../src/adapters/slack/call-limits.ts';
import { createFakeCallBudget, type FakeCallBudget } from '../../../fakes/call-budget.ts';
import { createFakeSlack, type FakeSlack } from '../../../fakes/slack-client.ts';
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts';
import { createRecordingLog, type RecordingLog } from '../../../support/recording-log.ts';

const AT = { channel: 'C0OPS', ts: '1700000000.000100' };
const PLACE = { channel: 'C0OPS', threadTs: null };
const MESSAGE = { text: 'hello', blocks: [] };
const METADATA = { event_type: 'drydock_run', event_payload: { run: 'r-1' } } as const;

let clock: FakeClock;
let slack: FakeSlack;
let budget: FakeCallBudget;
let log: RecordingLog;
let denied: string[];

beforeEach(() => {
  clock = createFakeClock();
  slack = createFakeSlack(clock);
  budget = createFakeCallBudget(clock);
  log = createRecordingLog();
  denied = [];
});

/** A process of its own: on the same Slack and the same Redis. */
function startProcess(): SlackFor {
  return budgetSlack({ client: slack, budget, log, onDenied: (method, use) => denied.push(`${method} ${use}`) });
}

async function updates(slackFor: SlackFor, use: 'ordinary' | 'reserved', times: number): Promise<readonly string[]> {
  const kinds: string[] = [];
  for (let each = 0; each < times; each += 1) kinds.push((await slackFor(use).update(AT, MESSAGE, METADATA)).kind);
  return kinds;
}

function callsOf(method: string): number {
  return slack.calls.filter((call) => call.method === method).length;
}

describe('calls that may wait', () => {
  test('are put off without reaching Slack, counted, and leave the reserve to what is urgent', async () => {
    const one = startProcess();
    const other = startProcess();
    const { burst, reserve } = CALL_LIMITS['chat.update'].workspace;
    const kinds = [...(await updates(one, 'ordinary', burst)), ...(await updates(other, 'reserved', reserve + 1))];

    expect(kinds.filter((kind) => kind !== 'rate-limited')).toHaveLength(burst);
    expect(callsOf('update')).toBe(burst);
    expect(denied.filter((each) => each === 'chat.update ordinary')).toHaveLength(reserve);
    expect(denied.at(-1)).toBe('chat.update reserved');
  });

  test('answer when it is worth asking again', async () => {
    const slackFor = startProcess();
    await updates(slackFor, 'reserved', 30);
    const result = await slackFor('reserved').update(AT, MESSAGE, METADATA);
    const retryAfterMs = Math.ceil(60_000 / CALL_LIMITS['chat.update'].workspace.perMinute);
    expect(result).toEqual({ kind: 'rate-limited', retryAfterMs });
    await clock.advance(retryAfterMs);
    expect((await slackFor('reserved').update(AT, MESSAGE, METADATA)).kind).toBe('message-gone');
  });

  test('of a channel that is dry hold up no other channel', async () => {
    const reserved = startProcess()('reserved');
    for (let each = 0; each < 10; each += 1) await reserved.post(PLACE, MESSAGE);
    expect((await reserved.post(PLACE, MESSAGE)).kind).toBe('rate-limited');
    expect((await reserved.post({ ...PLACE, channel: 'C0OTHER' }, MESSAGE)).kind).toBe('ok');
  });

  test('wait a second while Redis is away', async () => {
    budget.failures.setDown(true);
    const result = await startProcess()('reserved').post(PLACE, MESSAGE);
    expect(result).toEqual({ kind: 'rate-limited', retryAfterMs: 1000 });
    expect(slack.calls).toEqual([]);
  });
});

describe('429', () => {
  test('makes all processes rest for as long as Slack asked, with that method only, and is logged', async () => {
    slack.failNext('update', { kind: 'rate-limited', retryAfterMs: 30_000 });
    const first = await startProcess()('ordinary').update(AT, MESSAGE, METADATA);
    const other = startProcess()('reserved');

    expect(first).toEqual({ kind: 'rate-limited', retryAfterMs: 30_000 });
    expect(await other.update(AT, MESSAGE, METADATA)).toEqual({ kind: 'rate-limited', retryAfterMs: 30_000 });
    expect((await other.post(PLACE, MESSAGE)).kind).toBe('ok');
    expect(callsOf('update')).toBe(1);
    expect(log.lines).toMatchObject([{ message: 'Slack asked to wait', data: { seconds: 30, channel: 'C0OPS' } }]);
    await clock.advance(30_000);
    expect((await other.update(AT, MESSAGE, METADATA)).kind).toBe('ok');
  });

  test('for a message makes its channel rest, not the others', async () => {
    const reserved = startProcess()('reserved');
    slack.failNext('post', { kind: 'rate-limited', retryAfterMs: 10_000 });
    await reserved.post(PLACE, MESSAGE);
    expect(await reserved.post(PLACE, MESSAGE)).toEqual({ kind: 'rate-limited', retryAfterMs: 10_000 });
    expect((await reserved.post({ ...PLACE, channel: 'C0OTHER' }, MESSAGE)).kind).toBe('ok');
  });
});

describe('somebody waits for the answer', () => {
  test('the call is made during a pause, above the budget and without Redis', async () => {
    const atOnce = startProcess()('at-once');
    await budget.pause('chat.postEphemeral', 60_000);
    for (let each = 0; each < 50; each += 1) expect((await atOnce.ephemeral(PLACE, 'U1', MESSAGE)).kind).toBe('ok');
    budget.failures.setDown(true);
    expect((await atOnce.ephemeral(PLACE, 'U1', MESSAGE)).kind).toBe('ok');
    expect(callsOf('ephemeral')).toBe(51);
    expect(denied).toEqual([]);
  });

  test('it is counted, so that the others make room', async () => {
    const slackFor = startProcess();
    const { burst } = CALL_LIMITS['conversations.info'].workspace;
    for (let each = 0; each < burst; each += 1) await slackFor('at-once').isMember('C0OPS');
    expect((await slackFor('reserved').isMember('C0OPS')).kind).toBe('rate-limited');
  });
});

test('a thread of several pages takes as many calls as it has pages', async () => {
  const slackFor = startProcess();
  const posted = await slack.post(PLACE, MESSAGE);
  const threadTs = posted.kind === 'ok' ? posted.value.ts : '';
  for (let each = 0; each < 450; each += 1) await slack.post({ ...PLACE, threadTs }, MESSAGE);
  await slackFor('ordinary').replies('C0OPS', threadTs, 2000);

  const { burst } = CALL_LIMITS['conversations.replies'].workspace;
  const more = [];
  for (let each = 0; each < burst; each += 1) more.push(await slackFor('reserved').replies('C0OPS', '1.1', 2000));
  expect(more.filter((result) => result.kind === 'ok')).toHaveLength(burst - 3);
});
