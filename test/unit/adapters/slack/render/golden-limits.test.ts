import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { escapedBytes } from '../../../../../playground/workspace/methods/chat.ts';
import { readDefinition } from '../../../../../playground/workspace/methods/views.ts';
import { renderAnswer } from '../../../../../src/adapters/slack/render/answer.ts';
import type { Message } from '../../../../../src/adapters/slack/render/blocks.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { aboutLines } from '../../../../../src/adapters/slack/render/card-gate.ts';
import { LIMITS, limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { type Modal, renderAnswerModal, renderRejectModal } from '../../../../../src/adapters/slack/render/modal.ts';
import { modalProblems } from '../../../../../src/adapters/slack/render/modal-limits.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import { okAnswer, refusedAnswer } from '../../../../../src/core/answer.ts';
import { CARD_CASES, CARD_VIEW } from '../../../../support/card-cases.ts';
import { PAGE_CASES, WORST_PAGES } from '../../../../support/page-cases.ts';
import { SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { WORST_INCIDENTS, WORST_VIEW } from '../../../../support/worst-messages.ts';
import { WORST_NAME, worstStates } from '../../../../support/worst-run.ts';

/** What is looked at, by the name of its golden file. */
type Named<T> = readonly (readonly [name: string, it: T])[];

const CARDS: Named<Message> = [
  ...named('card', CARD_CASES).map(([name, state]) => [name, renderCard(state, CARD_VIEW)] as const),
  ...named('worst', worstStates()).map(([name, state]) => [name, renderCard(state, WORST_VIEW)] as const),
];
const INCIDENTS: Named<Message> = named('worst-incident', WORST_INCIDENTS);
const PAGES: Named<Modal> = [...named('page', PAGE_CASES), ...named('worst-page', WORST_PAGES)];

function named<T>(kind: string, cases: Readonly<Record<string, T>>): Named<T> {
  return Object.entries(cases).map(([name, it]) => [`${kind}-${name}`, it]);
}

/** What the worst gate that asks about a list shows in its form. */
const ABOUT = Object.values(worstStates()).flatMap((state) =>
  state.gates.flatMap((gate) => aboutLines(state, gate, 'modal')),
);

/** What Drydock's own checker and the local workspace's find in a message. */
function problems(message: Message): readonly string[] {
  const refused = checkBlocks(message.blocks, 'message');
  return [
    ...limitProblems(message),
    ...(refused === undefined ? [] : [refused.error, ...refused.messages]),
    ...(escapedBytes(message.text) > LIMITS.textBytes ? ['msg_too_long'] : []),
  ];
}

const LONG = { title: WORST_NAME.repeat(60), expect: null };

/** What both find in a modal. */
function pageProblems(page: Modal): readonly string[] {
  const read = readDefinition(page);
  return [...modalProblems(page), ...('refusal' in read ? [JSON.stringify(read.refusal)] : [])];
}

test('every golden file is among what is checked here', () => {
  const files = readdirSync(join(import.meta.dirname, 'golden')).map((file) => file.replace(/\.txt$/, ''));

  expect([...CARDS, ...INCIDENTS, ...PAGES].map(([name]) => name).toSorted()).toEqual(files.toSorted());
});

describe('neither checker finds anything', () => {
  test.each([...CARDS, ...INCIDENTS])('in %s', (_name, message) => {
    expect(problems(message)).toEqual([]);
  });

  test.each(PAGES)('in %s', (_name, page) => {
    expect(pageProblems(page)).toEqual([]);
  });

  test('in the thread of a run', () => {
    const entries = renderThread('defrag-prod-7f3k', SAMPLE_EVENTS, 0);
    const texts = entries.flatMap((entry) => entry.texts);

    expect(texts.length).toBeGreaterThan(5);
    expect(texts.flatMap((text) => problems({ text, blocks: [] }))).toEqual([]);
  });

  test.each([
    ['short', okAnswer('Runs', ['One run.'])],
    ['refused', refusedAnswer('not-permitted', WORST_NAME.repeat(30))],
    [
      'long',
      okAnswer(
        WORST_NAME.repeat(30),
        Array.from({ length: 60 }, () => WORST_NAME.repeat(4)),
      ),
    ],
    ['with a long table', okAnswer('Runs', [], { title: 'Runs', columns: ['run', 'state'], rows: longRows() })],
  ])('in an answer: %s', (_name, answer) => {
    expect(renderAnswer(answer, 'x1').flatMap(problems)).toEqual([]);
  });

  test.each([
    ['why', renderRejectModal('defrag-prod-7f3k|approve|0123456789abcdef')],
    ['why, of a run that is half done', renderRejectModal('defrag-prod-7f3k|approve|0123456789abcdef', true)],
    ['typed', renderAnswerModal('defrag-prod-7f3k|approve|0123456789abcdef', null)],
    [
      'typed, and what',
      renderAnswerModal('r|a|0123456789abcdef', { ...LONG, expect: WORST_NAME.repeat(60), choices: [] }),
    ],
    ['typed, about much', renderAnswerModal('r|a|0123456789abcdef', { ...LONG, expect: 'prod', choices: [] }, ABOUT)],
    ['one of a few', renderAnswerModal('r|a|0123456789abcdef', { ...LONG, choices: ['x'.repeat(75), 'yes'] })],
    [
      'one of what a button cannot hold',
      renderAnswerModal('r|a|0123456789abcdef', { ...LONG, choices: ['x'.repeat(76)] }),
    ],
    [
      'one of many',
      renderAnswerModal('r|a|0123456789abcdef', {
        ...LONG,
        choices: Array.from({ length: 13 }, (_, index) => `${index}`),
      }),
    ],
  ])('in the form that asks: %s', (_name, modal) => {
    expect(pageProblems(modal)).toEqual([]);
  });
});

function longRows(): string[][] {
  return Array.from({ length: 250 }, (_, index) => [`run-${index}`, WORST_NAME]);
}

describe('both checkers find', () => {
  const [[, card] = ['', null]] = CARDS;
  const [[, page] = ['', null]] = PAGES;
  if (card === null || page === null) throw new Error('nothing to break');

  test('a card with its blocks twice', () => {
    const twice = { ...card, blocks: [...card.blocks, ...card.blocks] };

    expect(limitProblems(twice)).toContain('a block_id is used twice');
    expect(checkBlocks(twice.blocks, 'message')?.messages.join()).toContain('`block_id` already exists');
  });

  test('a card with a text that is too long', () => {
    const long = { ...card, text: 'x'.repeat(4001) };

    expect(problems(long)).toEqual(['text bytes: 4001 is over 4000', 'msg_too_long']);
  });

  test('a page with its blocks twice', () => {
    const twice = { ...page, blocks: [...page.blocks, ...page.blocks] };

    expect(modalProblems(twice)).toContain('a block_id is used twice');
    expect(pageProblems(twice).join()).toContain('`block_id` already exists');
  });
});
