import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { at, eventAt, GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, type Scene } from './scene.ts';

const NEWER = JSON.stringify({ v: 2, type: 'teleported', at: at(5) });

let scene: Scene;
let bot: Bot;

beforeEach(() => {
  scene = createScene();
  bot = scene.start('bot-1');
});

/** A run of which nothing but the trouble in question keeps others from being shown. */
async function gateOf(id: string): Promise<void> {
  await scene.request(id);
  await scene.append(id, [PLANNED, GATE_OPENED]);
}

function failed(seconds: number): readonly RunEvent[] {
  const facts = { outcome: 'failed', reason: 'member-unhealthy', note: 'etcd-2 is silent' } as const;
  return [PLANNED, eventAt(seconds, { type: 'ended', ...facts, stepsDone: 0, stepsPlanned: 2 })];
}

async function dirtyIds(): Promise<readonly string[]> {
  return (await scene.cards.dirty(2000)).map(({ runId }) => runId);
}

describe('what cannot be read of one run', () => {
  test('an incident of a newer version is left alone; cards and threads go on', async () => {
    const newer = {
      incident: { id: 'x', cluster: 'prod', cause: { reason: 'a-reason-of-tomorrow' } },
      channel: 'C0INC',
    };
    scene.runs.memory.incidents.set('prod', JSON.stringify(newer));
    await gateOf('r-1');
    await scene.roundsFor(bot, 10_000);
    await gateOf('r-2');
    await scene.roundsFor(bot, 10_000);

    for (const id of ['r-1', 'r-2']) {
      expect(scene.cardsOf(id)).toHaveLength(1);
      expect(scene.linesOf(id)).toEqual(await scene.wantedLines(id));
    }
    expect(scene.runs.memory.incidents.get('prod')).toBe(JSON.stringify(newer));
  });

  test('a card record that is nonsense holds up that run only', async () => {
    await gateOf('r-1');
    await scene.roundsFor(bot, 10_000);
    const stored = scene.runs.memory.runs.get('r-1');
    if (stored !== undefined) stored.card = '{"nonsense":1}';
    await scene.cards.touch('r-1');
    await gateOf('r-2');
    await scene.roundsFor(bot, 10_000);

    expect(scene.cardsOf('r-2')).toHaveLength(1);
    expect(await dirtyIds()).toEqual(['r-1']);
  });

  test('events of a newer version: the run stays for a newer projector to find', async () => {
    await gateOf('r-1');
    scene.runs.memory.runs.get('r-1')?.events.push(NEWER);
    await scene.cards.touch('r-1');
    await scene.roundsFor(bot, 10_000);
    await scene.clock.advance(25_000);
    const stored = scene.runs.memory.runs.get('r-1');
    expect(await dirtyIds()).toEqual(['r-1']);
    // The newer projector can read it.
    stored?.events.splice(stored.events.indexOf(NEWER), 1, JSON.stringify(SAMPLE_EVENTS[3]));
    await scene.roundsFor(scene.start('bot-2'), 10_000);

    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(await dirtyIds()).toEqual([]);
  });

  test('a request of a newer version: the run stays, and has no card', async () => {
    await scene.request('r-1');
    scene.runs.memory.runs.get('r-1')?.events.splice(0, 1, NEWER);
    await scene.roundsFor(bot, 10_000);

    expect(scene.slack.messages).toEqual([]);
    expect(await dirtyIds()).toEqual(['r-1']);
  });
});

test('hundreds of cards that nobody can be shown keep no newer run waiting', async () => {
  const real = { ...scene.slack };
  scene.slack.post = async (place, message, metadata) =>
    place.channel === 'C0DEAD'
      ? { kind: 'refused', error: 'no_permission' }
      : await real.post(place, message, metadata);
  for (let index = 0; index < 501; index += 1) await scene.request(`dead-${index}`, 'C0DEAD');
  await scene.roundsFor(bot, 70_000);
  await gateOf('r-1');
  await scene.roundsFor(bot, 5000);

  expect(scene.cardsOf('r-1')).toHaveLength(1);
  expect(await dirtyIds()).toHaveLength(501);
});

test('a channel that is gone is asked once a minute, not once for each run', async () => {
  const real = { ...scene.slack };
  let asked = 0;
  scene.slack.post = async (place, message, metadata) => {
    if (place.channel !== 'C0OPS') return await real.post(place, message, metadata);
    asked += 1;
    return { kind: 'channel-gone', error: 'is_archived' };
  };
  for (let index = 0; index < 20; index += 1) await scene.request(`r-${index}`, 'C0OPS');
  await scene.roundsFor(bot, 50_000);

  expect(asked).toBe(1);
});

test('runs of one lost channel go to the ops channel without a call for each', async () => {
  const real = { ...scene.slack };
  let asked = 0;
  scene.slack.post = async (place, message, metadata) => {
    if (place.channel !== 'C0DEAD') return await real.post(place, message, metadata);
    asked += 1;
    return { kind: 'channel-gone', error: 'is_archived' };
  };
  const ids = ['r-1', 'r-2', 'r-3'];
  for (const id of ids) await scene.request(id, 'C0DEAD');
  await scene.roundsFor(bot, 10_000);

  expect(asked).toBe(1);
  expect(ids.map((id) => scene.cardsOf(id).map(({ channel }) => channel))).toEqual([['C0OPS'], ['C0OPS'], ['C0OPS']]);
});

test('endings are told in their order: a failure older than the healthy report after it does not stay open', async () => {
  await scene.request('r-good');
  await scene.request('r-bad');
  await scene.roundsFor(bot, 10_000);
  await scene.append('r-good', SAMPLE_EVENTS.slice(1));
  await scene.append('r-bad', failed(30));
  await scene.roundsFor(bot, 30_000);

  expect((await scene.cards.incident('prod'))?.incident).toMatchObject({ id: 'r-bad', closed: { run: 'r-good' } });
});
