import { expect, test } from 'vitest';
import { PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { createScene } from './scene.ts';

test('a change is shown at once, a storm of changes in few rounds, and the last of them is there', async () => {
  const scene = createScene();
  let rounds = 0;
  const real = { ...scene.cards };
  scene.cards.dirty = async (limit) => {
    rounds += 1;
    return await real.dirty(limit);
  };
  const stopping = new AbortController();
  const running = scene.start('bot-1').run(stopping.signal);
  await scene.clock.advance(5000);
  await scene.request('r-1');
  await scene.clock.advance(0);
  expect(scene.cardsOf('r-1')).toHaveLength(1);

  await scene.append('r-1', [PLANNED, ...SAMPLE_EVENTS.slice(5, 7)]);
  await scene.clock.advance(1000);
  const before = rounds;
  for (let each = 0; each < 1000; each += 1) {
    await scene.append('r-1', [], `note ${each}`);
    await scene.clock.advance(1);
  }
  expect(rounds - before).toBeLessThanOrEqual(22);
  await scene.clock.advance(5000);
  expect(JSON.stringify(scene.cardsOf('r-1')[0]?.message.blocks)).toContain('note 999');

  stopping.abort();
  await scene.clock.advance(1000);
  await running;
  expect(await scene.cards.elect('slack-projector', 'bot-2', 1000)).toBe(true);
});
