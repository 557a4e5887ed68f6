import { describe, expect, test } from 'vitest';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { escapedBytes } from '../../../../../playground/workspace/methods/chat.ts';
import type { Message } from '../../../../../src/adapters/slack/render/blocks.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { OUTCOMES } from '../../../../../src/core/reasons.ts';
import { readable } from '../../../../support/readable-message.ts';
import { WORST_INCIDENTS, WORST_VIEW } from '../../../../support/worst-messages.ts';
import { WORST_NAME, worstStates } from '../../../../support/worst-run.ts';

const STATES = worstStates();

/** What Slack would refuse, judged by Drydock's own checker and by the local workspace's. */
function refusals(message: Message): readonly string[] {
  return [
    ...limitProblems(message),
    ...(checkBlocks(message.blocks, 'message')?.messages ?? []),
    ...(escapedBytes(message.text) > 4000 ? ['text is too long for chat.update'] : []),
  ];
}

/** What text from outside must not bring along: mentions of all where Slack reads them, marks that turn or hide text. */
function smuggled(message: Message): readonly string[] {
  const all = JSON.stringify(message);
  const read = [
    message.text,
    ...[...all.matchAll(/"type":"mrkdwn","text":"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text),
  ];
  return [
    ...read.flatMap((text) => text.match(/<!(?:channel|here|everyone)/g) ?? []),
    ...(all.match(/[\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu) ?? []),
  ];
}

describe('every state of a card at its worst', () => {
  test('all outcomes are among them', () => {
    expect(Object.keys(STATES)).toEqual(expect.arrayContaining([...OUTCOMES]));
    const ended = Object.values(STATES).flatMap((state) => (state.ended === null ? [] : [state.ended.outcome]));
    expect(new Set(ended).size).toBe(OUTCOMES.length);
    expect(Array.from(WORST_NAME)).toHaveLength(63);
  });

  test.each(Object.entries(STATES))('%s, as in its golden file, within the limits', async (name, state) => {
    const card = renderCard(state, WORST_VIEW);

    await expect(readable(card)).toMatchFileSnapshot(`golden/worst-${name}.txt`);
    expect(refusals(card)).toEqual([]);
    expect(smuggled(card)).toEqual([]);
  });

  test.each(Object.entries(STATES))(
    '%s: the first line of the text alone tells what, where and how it stands',
    (_name, state) => {
      const [first = ''] = renderCard(state, { ...WORST_VIEW, title: 'Defragment etcd' }).text.split('\n');

      expect(first).toMatch(/^Defragment etcd · prod(?: · approval in advance)?: \*[A-Z]/);
    },
  );
});

describe('an incident at its worst', () => {
  test.each(Object.entries(WORST_INCIDENTS))('%s, as in its golden file, within the limits', async (name, message) => {
    await expect(readable(message)).toMatchFileSnapshot(`golden/worst-incident-${name}.txt`);
    expect(message.metadata.event_payload.state).toBe(name);
    expect(refusals(message)).toEqual([]);
    expect(smuggled(message)).toEqual([]);
  });
});
