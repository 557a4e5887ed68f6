import { expect, test } from 'vitest';
import { plainText } from '../../../playground/transcript/mrkdwn.ts';
import { renderMessage } from '../../../playground/transcript/render-blocks.ts';

const NAMES = {
  user: (id: string) => (id === 'U0OPERATOR' ? 'operator' : id),
  channel: (id: string) => (id === 'C0OPS' ? 'ops' : id),
};

test.for([
  ['<@U0OPERATOR> asked in <#C0OPS|ops>', '@operator asked in #ops'],
  ['*Running* since <!date^1763700000^{time}|04:40 UTC>', 'Running since 04:40 UTC'],
  ['<https://example.test/a|the card>', 'the card (https://example.test/a)'],
  ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
  ['2 * 3 * 4', '2 * 3 * 4'],
] as const)('%s reads %s', ([given, read]) => {
  expect(plainText(given, NAMES)).toBe(read);
});

test('blocks become lines, tables are aligned, buttons are in brackets', () => {
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Defragment · prod' } },
    { type: 'section', text: { type: 'mrkdwn', text: '*Planning*\nby <@U0OPERATOR>' } },
    {
      type: 'table',
      rows: [
        [
          { type: 'raw_text', text: 'member' },
          { type: 'raw_text', text: 'size' },
        ],
        [
          { type: 'raw_text', text: 'm-1' },
          { type: 'raw_text', text: '274 MiB' },
        ],
      ],
    },
    {
      type: 'context',
      elements: [
        { type: 'mrkdwn', text: 'one' },
        { type: 'mrkdwn', text: 'two' },
      ],
    },
    { type: 'actions', elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'Approve' } }] },
  ];

  expect(renderMessage('not shown', blocks, NAMES)).toEqual([
    'Defragment · prod',
    'Planning',
    'by @operator',
    '| member | size    |',
    '| m-1    | 274 MiB |',
    'one · two',
    '[Approve]',
  ]);
});

test('a message without blocks is its text, an unknown block is not left out', () => {
  expect(renderMessage('only text', [], NAMES)).toEqual(['only text']);
  expect(renderMessage('', [{ type: 'plan', title: { text: 'Steps' } }], NAMES)).toEqual(['(plan) Steps']);
});
