import { describe, expect, test } from 'vitest';
import { createMemory, followClock } from '../../../../../src/adapters/slack/projector/memory.ts';
import type { SlackFailure } from '../../../../../src/adapters/slack/result.ts';
import { PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { createScene, type Scene } from './scene.ts';

const HOUR = 3_600_000;
function endingShown(scene: Scene): boolean {
  return scene.cardsOf('r-1').some(({ metadata }) => JSON.stringify(metadata).includes('"ended"'));
}

describe('the clock is set back an hour', () => {
  // How long a pause of the shared budget had still to last is not known then: it is cut to the longest there is.
  test.each<[string, SlackFailure, number]>([
    ['Slack asked to wait', { kind: 'rate-limited', retryAfterMs: 5000 }, 610_000],
    ['Slack could not be reached', { kind: 'unavailable', error: 'no answer in time' }, 31_000],
    ['Slack refused', { kind: 'refused', error: 'not_allowed_now' }, 61_000],
  ])('after %s: the ending does not wait for the hour', async (_name, failure, withinMs) => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.roundsFor(bot, 5000);
    scene.slack.failNext('update', failure);
    await scene.append('r-1', [PLANNED]);
    await scene.roundsFor(bot, 1000);
    await scene.clock.advance(-HOUR);
    await scene.append('r-1', SAMPLE_EVENTS.slice(2));
    expect(endingShown(scene)).toBe(false);
    await scene.roundsFor(bot, withinMs);

    expect(endingShown(scene)).toBe(true);
  });

  test('progress goes on as well, though a card was just sent', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.append('r-1', [PLANNED, ...SAMPLE_EVENTS.slice(5, 7)]);
    await scene.roundsFor(bot, 5000);
    await scene.append('r-1', [], 'part 1');
    await scene.roundsFor(bot, 4000);
    await scene.clock.advance(-HOUR);
    await scene.append('r-1', [], 'part 2');
    await scene.roundsFor(bot, 8000);

    expect(JSON.stringify(scene.cardsOf('r-1').at(-1)?.message)).toContain('part 2');
  });
});

test('what is remembered keeps its distance to now; a clock that goes on changes nothing', () => {
  const memory = createMemory();
  followClock(memory, HOUR);
  memory.refusedUntil.set('C0INC', HOUR + 60_000);
  memory.sentAt.set('r-1', HOUR);
  memory.waiting.set('r-1', { version: 3, atMs: HOUR + 2000 });
  memory.downUntil = HOUR + 1000;
  followClock(memory, HOUR + 500);
  expect(memory.refusedUntil.get('C0INC')).toBe(HOUR + 60_000);
  followClock(memory, 500);

  expect(memory.refusedUntil.get('C0INC')).toBe(60_000);
  expect(memory.sentAt.get('r-1')).toBe(0);
  expect(memory.waiting.get('r-1')).toEqual({ version: 3, atMs: 2000 });
  expect(memory.downUntil).toBe(1000);
});

test('the loop does not sleep through a clock that is set back while a round is under way', async () => {
  const scene = createScene();
  const { clock, cards } = scene;
  const dirty = cards.dirty.bind(cards);
  let rounds = 0;
  cards.dirty = async (limit) => {
    rounds += 1;
    if (rounds === 1) await clock.advance(-HOUR);
    return await dirty(limit);
  };
  const leave = new AbortController();
  const running = scene.start('bot-1').run(leave.signal);
  await clock.advance(0);
  await clock.advance(5000);
  leave.abort();
  await clock.advance(0);
  await running;

  expect(rounds).toBeGreaterThan(1);
});
