import { describe, expect, test } from 'vitest';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { escapedBytes } from '../../../../../playground/workspace/methods/chat.ts';
import type { Message } from '../../../../../src/adapters/slack/render/blocks.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { renderIncident } from '../../../../../src/adapters/slack/render/incident.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { type Incident, nextIncident } from '../../../../../src/core/incident.ts';
import { OUTCOMES } from '../../../../../src/core/reasons.ts';
import { readable } from '../../../../support/readable-message.ts';
import { WORST_NAME, worstStates } from '../../../../support/worst-run.ts';

/** More people than are named one by one. */
const PEOPLE = Array.from({ length: 30 }, (_, index) => `U0APPROVER${index}`);
const VIEW = {
  title: WORST_NAME.repeat(5),
  replaces: 'https://example.slack.com/archives/C0OPS/p1700000000000100',
  displacedFrom: 'C0INC',
  peopleOf: (role: string) => (role.endsWith('0') ? PEOPLE : PEOPLE.slice(0, 3)),
};
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
    const card = renderCard(state, VIEW);

    await expect(readable(card)).toMatchFileSnapshot(`golden/worst-${name}.txt`);
    expect(refusals(card)).toEqual([]);
    expect(smuggled(card)).toEqual([]);
  });

  test.each(Object.entries(STATES))(
    '%s: the first line of the text alone tells what, where and how it stands',
    (_name, state) => {
      const [first = ''] = renderCard(state, { ...VIEW, title: 'Defragment etcd' }).text.split('\n');

      expect(first).toMatch(/^Defragment etcd · prod: \*[A-Z]/);
    },
  );
});

describe('an incident at its worst', () => {
  const { 'needs-a-person': failed, running } = STATES;
  if (failed === undefined || running === undefined) throw new Error('states are missing');
  const open = nextIncident(null, { ...failed, id: 'defrag-prod-0001' });
  const worked = nextIncident(open, { ...running, id: 'defrag-prod-0002' });
  const closed: Incident | null =
    worked === null
      ? null
      : { ...worked, work: null, closed: { run: 'r-3', summary: WORST_NAME.repeat(40), at: worked.openedAt } };

  test.each([
    ['open', open],
    ['worked-on', worked],
    ['closed', closed],
  ] as const)('%s, as in its golden file, within the limits', async (name, incident) => {
    if (incident === null) throw new Error('no incident');
    const message = renderIncident(incident, () => WORST_NAME.repeat(5), { 'defrag-prod-0001': VIEW.replaces });

    await expect(readable(message)).toMatchFileSnapshot(`golden/worst-incident-${name}.txt`);
    expect(message.metadata.event_payload.state).toBe(name);
    expect(refusals(message)).toEqual([]);
    expect(smuggled(message)).toEqual([]);
  });
});
