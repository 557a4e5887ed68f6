import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { eventAt, GATE_OPENED, PLANNED, SAMPLE_EVENTS, SAMPLE_HASH } from '../../../../support/sample-run.ts';
import { createScene, runOf } from './scene.ts';

const MINUTE_MS = 60_000;
const UNDER_WAY = SAMPLE_EVENTS.slice(1, 8);
const REST = SAMPLE_EVENTS.slice(8);
const REMINDED: RunEvent = eventAt(602, { type: 'gate-reminded', gate: 'approve', hash: SAMPLE_HASH });
const EXPIRED: readonly RunEvent[] = [
  eventAt(1802, { type: 'gate-settled', gate: 'approve', hash: SAMPLE_HASH, by: [], verdict: 'expired', note: null }),
  eventAt(1802, { type: 'ending', reason: 'gate-expired', note: '' }),
  eventAt(1802, {
    type: 'ended',
    outcome: 'expired',
    reason: 'gate-expired',
    note: '',
    stepsDone: 0,
    stepsPlanned: 2,
  }),
];

describe('what users of other tools suffer from: messages that stop telling', () => {
  test('GitLab MR 258898: a last card that is too long for Slack still says that the run is over', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.append('r-1', UNDER_WAY);
    await scene.roundsFor(bot, 10_000);
    const real = { ...scene.slack };
    const refusals: string[] = [];
    scene.slack.update = async (where, message, metadata) => {
      if (message.blocks.length <= 2) return await real.update(where, message, metadata);
      refusals.push('msg_too_long');
      return { kind: 'too-long', error: 'msg_too_long' };
    };
    await scene.append('r-1', REST);
    await scene.roundsFor(bot, MINUTE_MS);

    expect(refusals.length).toBeGreaterThan(0);
    expect(scene.cardsOf('r-1')).toHaveLength(1);
    expect(scene.cardsOf('r-1')[0]?.message.text).toContain('ucceeded');
    expect(JSON.stringify(scene.cardsOf('r-1')[0]?.message.blocks)).not.toContain('Running');
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('GitLab ChatOps: what happens after more than 30 minutes is told as well, on the card and in its thread', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.append('r-1', UNDER_WAY);
    await scene.roundsFor(bot, 45 * MINUTE_MS);
    await scene.append('r-1', REST);
    await scene.roundsFor(bot, MINUTE_MS);

    expect(scene.cardsOf('r-1').map(({ message }) => message.text)).toEqual([expect.stringContaining('ucceeded')]);
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(scene.slack.calls.map(({ method }) => method)).not.toContain('respond');
  });
});

test('teleport-plugins #402, openclaw #71023, Dispatch: reminder and expiry stand in the thread of the card and call who is concerned', async () => {
  const scene = createScene();
  const bot = scene.start('bot-1');
  await scene.request('r-1');
  await scene.append('r-1', [PLANNED, GATE_OPENED]);
  await scene.roundsFor(bot, 10_000);
  await scene.append('r-1', [REMINDED]);
  await scene.roundsFor(bot, 10_000);
  await scene.append('r-1', EXPIRED);
  await scene.roundsFor(bot, 10_000);

  const [card] = scene.cardsOf('r-1');
  const told = scene.slack.messages.filter(({ metadata, threadTs }) => runOf(metadata) === 'r-1' && threadTs !== null);
  expect(new Set(told.map(({ threadTs }) => threadTs))).toEqual(new Set([card?.ts]));
  const texts = told.map(({ message }) => message.text);
  expect(texts.filter((text) => /\*Reminder:\*.*<@U0APPROVER1>/.test(text))).toHaveLength(1);
  expect(texts.filter((text) => text.includes('<@U0OPERATOR>: nobody decided in time.'))).toHaveLength(1);
});
