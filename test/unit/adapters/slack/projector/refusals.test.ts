import { describe, expect, test } from 'vitest';
import type { SlackFailure } from '../../../../../src/adapters/slack/result.ts';
import { eventAt, GATE_OPENED, PLANNED, SAMPLE_EVENTS, sampleRequest } from '../../../../support/sample-run.ts';
import { createScene, type Scene } from './scene.ts';

/** Thread messages get this answer until it is lifted; `texts`: only those that contain this. */
function refuseThread({ slack }: Scene, failure: SlackFailure, texts = ''): () => void {
  const real = { ...slack };
  let on = true;
  slack.post = async (place, message, metadata) => {
    const here = on && place.threadTs !== null && message.text.includes(texts);
    return here ? failure : await real.post(place, message, metadata);
  };
  return () => {
    on = false;
  };
}

describe('a thread message that Slack does not take', () => {
  test.each<SlackFailure>([
    { kind: 'refused', error: 'invalid_auth' },
    { kind: 'refused', error: 'token_revoked' },
    { kind: 'refused', error: 'missing_scope' },
    { kind: 'refused', error: 'a_code_of_tomorrow' },
    { kind: 'channel-gone', error: 'not_in_channel' },
    { kind: 'channel-gone', error: 'is_archived' },
  ])('is not dropped: $kind ($error) may pass', async (failure) => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.roundsFor(bot, 5000);
    const lift = refuseThread(scene, failure);
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await scene.roundsFor(bot, 20_000);
    expect(scene.linesOf('r-1')).toEqual([]);
    lift();
    await scene.roundsFor(bot, 120_000);

    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
    expect(scene.linesOf('r-1').join('\n')).toContain('<@U0APPROVER1>');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('because of what it says has another in its place, and the rest follows', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    refuseThread(scene, { kind: 'refused', error: 'invalid_blocks' }, '*Plan*');
    await scene.request('r-1');
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    await scene.roundsFor(bot, 60_000);

    const told = scene.linesOf('r-1').join('\n');
    expect(told).toContain(
      'A part of the thread could not be shown by Slack: refused (invalid_blocks). `/kube show r-1`',
    );
    expect(told).not.toContain('*Plan*');
    expect(told).toContain('*Succeeded*');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('because the card was deleted: the card and the whole thread come back', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    await scene.append('r-1', [PLANNED, ...SAMPLE_EVENTS.slice(5, 7)]);
    await scene.roundsFor(bot, 10_000);
    const [card] = scene.cardsOf('r-1');
    const lift = refuseThread(scene, { kind: 'message-gone', error: 'thread_not_found' });
    await scene.append('r-1', SAMPLE_EVENTS.slice(7));
    await scene.roundsFor(bot, 10_000);
    scene.slack.messages.splice(0, scene.slack.messages.length);
    lift();
    await scene.roundsFor(bot, 180_000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
    expect(scene.cardsOf('r-1')[0]).not.toBe(card);
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
  });
});

test('a token that Slack refuses is not tried with every run', async () => {
  const scene = createScene();
  const bot = scene.start('bot-1');
  scene.slack.failNext('post', { kind: 'refused', error: 'invalid_auth' });
  for (const id of ['r-1', 'r-2', 'r-3']) await scene.request(id);
  await scene.roundsFor(bot, 50_000);
  expect(bot.calls).toEqual(['post']);
  await scene.roundsFor(bot, 50_000);

  expect(['r-1', 'r-2', 'r-3'].map((id) => scene.cardsOf(id).length)).toEqual([1, 1, 1]);
});

describe('a card that Slack does not take', () => {
  test.each([
    ['invalid_blocks', 5],
    ['invalid_blocks', 1],
    ['invalid_blocks_format', 1],
  ])('with %s for %d blocks or more: less of it is shown, at last one line', async (error, blocks) => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    const real = { ...scene.slack };
    const refusal = { kind: 'refused', error } as const;
    await scene.request('r-1');
    await scene.roundsFor(bot, 5000);
    scene.slack.update = async (where, message, metadata) =>
      message.blocks.length >= blocks ? refusal : await real.update(where, message, metadata);
    scene.slack.post = async (place, message, metadata) =>
      message.blocks.length >= blocks ? refusal : await real.post(place, message, metadata);
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    await scene.request('r-2');
    await scene.roundsFor(bot, 10_000);

    expect(scene.cardsOf('r-1').map(({ message }) => message.text)).toEqual([expect.stringContaining('ucceeded')]);
    expect(scene.cardsOf('r-2')).toHaveLength(1);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('because of its metadata: it is posted with the run alone, and found again', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    const real = { ...scene.slack };
    scene.slack.post = async (place, message, metadata) =>
      Object.keys(metadata?.event_payload ?? {}).length > 1 && metadata?.event_type === 'drydock_run'
        ? { kind: 'refused', error: 'invalid_metadata_format' }
        : await real.post(place, message, metadata);
    await scene.request('r-1');
    await scene.roundsFor(bot, 5000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
  });

  test('because the thread it was asked in is gone: it stands in the channel', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    const { runs } = scene;
    const event = eventAt(0, {
      type: 'requested',
      request: sampleRequest({ origin: { channel: 'C0OPS', threadTs: '1.1' } }),
    });
    const facts = { cluster: 'prod', runbook: 'etcd-defrag', idempotencyKey: 'r-1', audit: [], nowMs: 0 };
    await runs.create({ id: 'r-1', ...facts, event });
    const real = { ...scene.slack };
    scene.slack.post = async (place, message, metadata) =>
      place.threadTs === '1.1'
        ? { kind: 'message-gone', error: 'thread_not_found' }
        : await real.post(place, message, metadata);
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await scene.roundsFor(bot, 10_000);

    expect(scene.cardsOf('r-1').map(({ threadTs }) => threadTs)).toEqual([null]);
    expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
  });

  test('and of which the answer was lost, in a channel that may not be read: it is posted again', async () => {
    const scene = createScene();
    const bot = scene.start('bot-1');
    await scene.request('r-1');
    scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' });
    scene.slack.history = async () => ({ kind: 'refused', error: 'missing_scope' });
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await scene.roundsFor(bot, 20_000);

    expect(scene.cardsOf('r-1')).toHaveLength(1);
  });
});
