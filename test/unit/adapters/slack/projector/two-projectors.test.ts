import { describe, expect, test } from 'vitest';
import type { MessageMetadata } from '../../../../../src/adapters/slack/client.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { decided, eventAt, GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, type Freeze, type Scene } from './scene.ts';

const ENDING: readonly RunEvent[] = SAMPLE_EVENTS.slice(7);
/** A run in the pieces in which a worker may write it. */
const PIECES: readonly (readonly RunEvent[])[] = [
  [PLANNED, GATE_OPENED],
  decided(20, 'approve', null),
  SAMPLE_EVENTS.slice(5, 7),
  ENDING.slice(0, 4),
];
/** Longer than the office stands without being renewed. */
const GONE_MS = 25_000;

const LINK = 'https://slack.example/archives/C0OPS/p';

function retired(metadata: MessageMetadata | null): boolean {
  return metadata !== null && 'retired' in metadata.event_payload;
}

/** The first bot lives through a run until it stands still; answers where, `null` if it never did. */
async function liveUntilFrozen(scene: Scene, bot: Bot): Promise<string | null> {
  await scene.request('r-1');
  for (const events of [[], ...PIECES]) {
    if (events.length > 0) await scene.append('r-1', events);
    const stopped = await Promise.race([bot.frozen, scene.roundsFor(bot, 4000).then(() => null)]);
    if (stopped !== null) return stopped;
  }
  return null;
}

/** What is left of the run is told by a successor, while the first one stands still. */
async function endWith(scene: Scene, successor: Bot): Promise<void> {
  const told = (await scene.runs.read('r-1'))?.events.length ?? 0;
  await scene.append('r-1', [...PIECES.flat(), ...ENDING.slice(4)].slice(told - 1));
  await scene.clock.advance(GONE_MS);
  await scene.roundsFor(successor, 90_000);
}

/** Calls that the pieces take. */
const CALLS = 9;
const PLACES: readonly Freeze[] = Array.from({ length: CALLS }, (_, index) => index + 1).flatMap((call) => [
  { call, when: 'before' as const },
  { call, when: 'after' as const },
]);

describe.each(PLACES)('a projector that stands still $when its call number $call', (freeze) => {
  test('and dies: its successor tells everything once', async () => {
    const scene = createScene();
    const stopped = await liveUntilFrozen(scene, scene.start('bot-1', freeze));
    await endWith(scene, scene.start('bot-2'));

    expect(stopped).not.toBeNull();
    expect(scene.cardsOf('r-1')).toHaveLength(1);
    expect(scene.cardsOf('r-1')[0]?.metadata?.event_payload).toMatchObject({ state: 'ended' });
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('and goes on when another one has ended the run: nothing older stays, nothing is lost', async () => {
    const scene = createScene();
    const first = scene.start('bot-1', freeze);
    const stopped = await liveUntilFrozen(scene, first);
    expect(stopped).not.toBeNull();
    const second = scene.start('bot-2');
    await endWith(scene, second);
    first.thaw();
    await scene.clock.advance(0);
    await scene.roundsFor(first, 3000);
    await scene.roundsFor(second, 90_000);

    const stored = await scene.cards.card('r-1');
    const kept = scene.cardsOf('r-1').find(({ ts }) => ts === stored?.ts);
    expect(kept?.metadata?.event_payload).toMatchObject({ state: 'ended' });
    expect(stored).toMatchObject({ final: true });
    // A message that was about to be posted cannot be called back.
    const late = stopped === 'post' && freeze.when === 'before' ? 1 : 0;
    const messages = scene.slack.messages.filter(({ channel }) => channel === 'C0OPS');
    expect(new Set(scene.linesOf('r-1'))).toEqual(new Set(await scene.wantedLines('r-1')));
    expect(
      messages.length - new Set(messages.map(({ metadata }) => JSON.stringify(metadata))).size,
    ).toBeLessThanOrEqual(late);
    expect(scene.cardsOf('r-1')).toHaveLength(1);
    const spare = scene.slack.messages.filter(({ metadata }) => retired(metadata));
    expect(spare.map(({ message }) => message.text)).toEqual(
      freeze.call === 1 && freeze.when === 'before'
        ? [`This card was posted twice. What the run does is shown on <${LINK}${stored?.ts}|the other one>.`]
        : [],
    );
    expect(await scene.cards.dirty(10)).toEqual([]);
  });
});

describe.each(PLACES.filter(({ call }) => call <= 8))(
  'incidents: a projector that stands still $when its call number $call',
  (freeze) => {
    const failed: readonly RunEvent[] = [
      PLANNED,
      eventAt(30, {
        type: 'ended',
        outcome: 'failed',
        reason: 'member-unhealthy',
        note: '',
        stepsDone: 0,
        stepsPlanned: 2,
      }),
    ];

    async function fail(scene: Scene, bot: Bot): Promise<string | null> {
      await scene.request('r-1');
      await scene.append('r-1', failed);
      const opened = await Promise.race([bot.frozen, scene.roundsFor(bot, 4000).then(() => null)]);
      await scene.request('r-2');
      await scene.append('r-2', [PLANNED, GATE_OPENED]);
      return opened ?? (await Promise.race([bot.frozen, scene.roundsFor(bot, 4000).then(() => null)]));
    }

    test('and goes on when another one closed the incident: it stays closed', async () => {
      const scene = createScene();
      const first = scene.start('bot-1', freeze);
      const stopped = await fail(scene, first);
      const second = scene.start('bot-2');
      await scene.clock.advance(GONE_MS);
      await scene.roundsFor(second, 5000);
      await scene.append('r-2', SAMPLE_EVENTS.slice(3));
      await scene.roundsFor(second, 60_000);
      first.thaw();
      await scene.clock.advance(0);
      await scene.roundsFor(first, 3000);
      await scene.roundsFor(second, 60_000);

      const stored = await scene.cards.incident('prod');
      const messages = scene.slack.messages.filter(({ channel }) => channel === 'C0INC');
      expect(stopped).not.toBeNull();
      expect(messages.find(({ ts }) => ts === stored?.ts)?.message.text).toContain('*Closed*');
      expect(messages.length).toBeLessThanOrEqual(stopped === 'post' && freeze.when === 'before' ? 2 : 1);
      expect(await scene.cards.dirty(10)).toEqual([]);
    });
  },
);
