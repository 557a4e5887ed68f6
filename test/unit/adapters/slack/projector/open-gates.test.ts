import { beforeEach, describe, expect, test } from 'vitest';
import { lookIntervalMs } from '../../../../../src/adapters/slack/projector/look-at-gates.ts';
import { decided, GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, type Scene } from './scene.ts';

let scene: Scene;
let bot: Bot;

beforeEach(() => {
  scene = createScene();
  bot = scene.start('bot-1');
});

/** Runs that wait for people, shown with their threads. */
async function waiting(...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await scene.request(id);
    await scene.append(id, [PLANNED, GATE_OPENED]);
  }
  await scene.roundsFor(bot, 20_000);
}

/** Somebody deletes the card of a run, and with it goes its thread. */
function deleteCard(id: string): void {
  const ts = scene.cardsOf(id).at(-1)?.ts;
  const kept = scene.slack.messages.filter((message) => message.ts !== ts && message.threadTs !== ts);
  scene.slack.messages.splice(0, scene.slack.messages.length, ...kept);
}

function updates(): number {
  return scene.slack.calls.filter(({ method }) => method === 'update').length;
}

describe('a card at which people wait', () => {
  test('comes back with its thread within the interval when somebody deletes it, though nothing changes', async () => {
    await waiting('r-1');
    deleteCard('r-1');
    await scene.roundsFor(bot, lookIntervalMs(1) + 20_000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
    expect(JSON.stringify(scene.cardsOf('r-1')[0]?.message.blocks)).toContain('Waiting for approval: 0 of 1');
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('comes back also by a successor, and again when it is deleted again', async () => {
    await waiting('r-1');
    deleteCard('r-1');
    await scene.cards.resign('slack-projector', 'bot-1');
    bot = scene.start('bot-2');
    await scene.roundsFor(bot, lookIntervalMs(1) + 20_000);
    expect(scene.cardsOf('r-1')).toHaveLength(1);
    deleteCard('r-1');
    await scene.roundsFor(bot, lookIntervalMs(1) + 20_000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
  });

  test('is asked about at most a quarter of the updates that Slack allows, however many there are', async () => {
    await waiting(...Array.from({ length: 40 }, (_, index) => `r-${index}`));
    await scene.roundsFor(bot, 300_000);
    const before = updates();
    await scene.roundsFor(bot, 600_000);

    expect(updates() - before).toBeLessThanOrEqual(130);
    expect(updates() - before).toBeGreaterThanOrEqual(80);
  });

  test('is left alone while Slack is away, and found missing when it is back', async () => {
    await waiting('r-1');
    deleteCard('r-1');
    scene.slack.failNext('update', { kind: 'unavailable', error: 'HTTP status 500' }, { times: 3 });
    await scene.roundsFor(bot, 300_000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
  });

  test('one that cannot be read holds up no other', async () => {
    await waiting('r-1', 'r-2');
    deleteCard('r-2');
    const broken = scene.runs.memory.runs.get('r-1');
    if (broken !== undefined) broken.card = '{"nonsense":1}';
    await scene.roundsFor(bot, lookIntervalMs(2) + 20_000);

    expect(scene.cardsOf('r-2')).toHaveLength(1);
  });
});

test.each([
  ['runs', [PLANNED, GATE_OPENED, ...decided(20, 'approve', null)]],
  ['has ended', SAMPLE_EVENTS.slice(1)],
])('a card of a run that %s is not asked about', async (_what, events) => {
  await scene.request('r-1');
  await scene.append('r-1', events);
  await scene.roundsFor(bot, 20_000);
  const before = scene.slack.calls.length;
  await scene.roundsFor(bot, 300_000);

  expect(scene.slack.calls).toHaveLength(before);
});

test.each([
  [0, 60_000],
  [12, 60_000],
  [50, 240_000],
])('%d live runs: a card at a gate is asked about every %d ms', (live, ms) => {
  expect(lookIntervalMs(live)).toBe(ms);
});
