import { describe, expect, test } from 'vitest';
import { type BlocksProblem, checkBlocks } from '../../../../playground/workspace/blocks.ts';

type Raw = Readonly<Record<string, unknown>>;

/** A limit: blocks of a size, the size at which Slack still takes them, and where it points at for one more. */
interface Limit {
  readonly what: string;
  readonly most: number;
  readonly of: (size: number) => readonly Raw[];
  readonly at: string;
}

function x(size: number): string {
  return 'x'.repeat(size);
}

function times<T>(size: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: size }, (_, index) => make(index));
}

function plain(text: string): Raw {
  return { type: 'plain_text', text };
}

function mrkdwn(text: string): Raw {
  return { type: 'mrkdwn', text };
}

function section(changes: Raw = {}): Raw {
  return { type: 'section', text: mrkdwn('x'), ...changes };
}

function button(changes: Raw = {}): Raw {
  return { type: 'button', action_id: 'a', text: plain('Go'), ...changes };
}

function row(...elements: readonly Raw[]): readonly Raw[] {
  return [{ type: 'actions', elements }];
}

function asking(changes: Raw): readonly Raw[] {
  return row(
    button({ confirm: { title: plain('t'), text: plain('t'), confirm: plain('Yes'), deny: plain('No'), ...changes } }),
  );
}

function select(changes: Raw): readonly Raw[] {
  const options = [{ text: plain('one'), value: '1' }];
  return row({ type: 'static_select', action_id: 's', placeholder: plain('Choose'), options, ...changes });
}

function input(changes: Raw): readonly Raw[] {
  return [{ type: 'input', label: plain('l'), element: { type: 'plain_text_input', action_id: 'i' }, ...changes }];
}

function table(rows: number, cells: number): Raw {
  return { type: 'table', rows: times(rows, () => times(cells, () => ({ type: 'raw_text', text: 'c' }))) };
}

const BUTTON = '/blocks/0/elements/0';

const LIMITS_OF_SLACK: readonly Limit[] = [
  { what: 'blocks', most: 50, of: (n) => times(n, () => section()), at: '/blocks' },
  { what: 'tables', most: 1, of: (n) => times(n, () => table(1, 1)), at: '/blocks' },
  { what: 'block_id', most: 255, of: (n) => [section({ block_id: x(n) })], at: '/blocks/0/block_id' },
  { what: 'section', most: 3000, of: (n) => [section({ text: mrkdwn(x(n)) })], at: '/blocks/0/text/text' },
  { what: 'fields', most: 10, of: (n) => [section({ fields: times(n, () => mrkdwn('f')) })], at: '/blocks/0/fields' },
  { what: 'field', most: 2000, of: (n) => [section({ fields: [mrkdwn(x(n))] })], at: '/blocks/0/fields/0/text' },
  {
    what: 'text of a button beside a section',
    most: 75,
    of: (n) => [section({ accessory: button({ text: plain(x(n)) }) })],
    at: '/blocks/0/accessory/text/text',
  },
  { what: 'header', most: 150, of: (n) => [{ type: 'header', text: plain(x(n)) }], at: '/blocks/0/text/text' },
  {
    what: 'elements of a context',
    most: 10,
    of: (n) => [{ type: 'context', elements: times(n, () => mrkdwn('c')) }],
    at: '/blocks/0/elements',
  },
  {
    what: 'text of a context',
    most: 2000,
    of: (n) => [{ type: 'context', elements: [mrkdwn(x(n))] }],
    at: '/blocks/0/elements/0/text',
  },
  {
    what: 'elements of a row',
    most: 25,
    of: (n) => row(...times(n, (i) => button({ action_id: `a${i}` }))),
    at: '/blocks/0/elements',
  },
  { what: 'text of a button', most: 75, of: (n) => row(button({ text: plain(x(n)) })), at: `${BUTTON}/text/text` },
  { what: 'value of a button', most: 2000, of: (n) => row(button({ value: x(n) })), at: BUTTON },
  { what: 'url of a button', most: 3000, of: (n) => row(button({ url: x(n) })), at: BUTTON },
  { what: 'action_id', most: 255, of: (n) => row(button({ action_id: x(n) })), at: BUTTON },
  {
    what: 'title of a question',
    most: 100,
    of: (n) => asking({ title: plain(x(n)) }),
    at: `${BUTTON}/confirm/title/text`,
  },
  {
    what: 'text of a question',
    most: 300,
    of: (n) => asking({ text: mrkdwn(x(n)) }),
    at: `${BUTTON}/confirm/text/text`,
  },
  {
    what: 'yes of a question',
    most: 30,
    of: (n) => asking({ confirm: plain(x(n)) }),
    at: `${BUTTON}/confirm/confirm/text`,
  },
  { what: 'no of a question', most: 30, of: (n) => asking({ deny: plain(x(n)) }), at: `${BUTTON}/confirm/deny/text` },
  {
    what: 'options',
    most: 100,
    of: (n) => select({ options: times(n, () => ({ text: plain('o'), value: 'o' })) }),
    at: `${BUTTON}/options`,
  },
  {
    what: 'text of an option',
    most: 75,
    of: (n) => select({ options: [{ text: plain(x(n)), value: 'o' }] }),
    at: `${BUTTON}/options/0/text/text`,
  },
  {
    what: 'value of an option',
    most: 75,
    of: (n) => select({ options: [{ text: plain('o'), value: x(n) }] }),
    at: `${BUTTON}/options/0`,
  },
  { what: 'placeholder', most: 150, of: (n) => select({ placeholder: plain(x(n)) }), at: `${BUTTON}/placeholder/text` },
  { what: 'rows of a table', most: 100, of: (n) => [table(n, 1)], at: '/blocks/0/rows' },
  { what: 'cells of a row', most: 20, of: (n) => [table(1, n)], at: '/blocks/0/rows' },
  { what: 'label of an input', most: 2000, of: (n) => input({ label: plain(x(n)) }), at: '/blocks/0/label/text' },
  { what: 'hint of an input', most: 2000, of: (n) => input({ hint: plain(x(n)) }), at: '/blocks/0/hint/text' },
  {
    what: 'longest answer of an input',
    most: 3000,
    of: (n) => input({ element: { type: 'plain_text_input', action_id: 'i', max_length: n } }),
    at: '/blocks/0/element',
  },
  {
    what: 'markdown of all blocks',
    most: 12_000,
    of: (n) => [
      { type: 'markdown', text: x(6000) },
      { type: 'markdown', text: x(n - 6000) },
    ],
    at: '/blocks',
  },
];

/** Where the problems are said to be. */
function places(problem: BlocksProblem | undefined): readonly string[] {
  return (problem?.messages ?? []).map((text) => /\[json-pointer:([^\]]*)\]$/.exec(text)?.[1] ?? text);
}

test.each(LIMITS_OF_SLACK)('$what: $most pass, one more is refused', ({ most, of, at }) => {
  expect(checkBlocks(of(most), 'message')).toBeUndefined();

  const refused = checkBlocks(of(most + 1), 'message');
  expect(refused?.error).toBe('invalid_blocks');
  expect(places(refused)).toEqual([at]);
});

test('a modal takes 100 blocks', () => {
  expect(
    checkBlocks(
      times(100, () => section()),
      'modal',
    ),
  ).toBeUndefined();
  expect(
    places(
      checkBlocks(
        times(101, () => section()),
        'modal',
      ),
    ),
  ).toEqual(['/blocks']);
});

test('all texts together: 13,200 characters pass, one more is too long', () => {
  const texts = [...times(4, () => x(3000)), x(1200)].map((text) => section({ text: mrkdwn(text) }));

  expect(checkBlocks(texts, 'message')).toBeUndefined();
  const more = [...texts, { type: 'header', text: plain('x') }];
  expect(checkBlocks(more, 'message')).toEqual({ error: 'msg_blocks_too_long', messages: [] });
});

describe('is refused', () => {
  test.each([
    ['a block_id used twice', [section({ block_id: 's' }), section({ block_id: 's' })], '/blocks/1'],
    ['an action_id used twice in a row', row(button(), button()), '/blocks/0/elements'],
    ['a section without text and fields', [{ type: 'section' }], '/blocks/0'],
    ['an empty text', [section({ text: mrkdwn('') })], '/blocks/0/text'],
    ['a header with marks', [{ type: 'header', text: mrkdwn('x') }], '/blocks/0/text'],
    ['a button with marks', row(button({ text: mrkdwn('x') })), `${BUTTON}/text`],
    ['a question without text', asking({ text: undefined }), `${BUTTON}/confirm/text`],
    ['a question that is none', row(button({ confirm: 'sure?' })), `${BUTTON}/confirm`],
    ['a row without buttons', row(), '/blocks/0/elements'],
    ['a context without texts', [{ type: 'context', elements: [] }], '/blocks/0/elements'],
    ['a table without rows', [{ type: 'table', rows: [] }], '/blocks/0/rows'],
    ['a block of an unknown type', [{ type: 'carrousel' }], '/blocks/0/type'],
    ['what is no block', ['text'], '/blocks/0'],
  ])('%s', (_what, blocks, at) => {
    expect(places(checkBlocks(blocks, 'message'))).toEqual([at]);
  });
});

test('a context may have images beside its texts', () => {
  const image = { type: 'image', image_url: 'https://example.com/i.png', alt_text: 'i' };

  expect(checkBlocks([{ type: 'context', elements: [image, mrkdwn('x')] }], 'message')).toBeUndefined();
});
