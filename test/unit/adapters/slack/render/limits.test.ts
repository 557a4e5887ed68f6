import { expect, test } from 'vitest';
import {
  actions,
  type Block,
  type Button,
  context,
  header,
  type Message,
  mrkdwn,
  plain,
  section,
} from '../../../../../src/adapters/slack/render/blocks.ts';
import { blockBytes, bytesOf, limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';

/** A limit: a message of a size, the size at which Slack still takes it, and what is said of one more. */
interface Limit {
  readonly what: string;
  readonly most: number;
  readonly of: (size: number) => Message;
  readonly says: string;
}

function x(size: number): string {
  return 'x'.repeat(size);
}

function times<T>(size: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: size }, (_, index) => make(index));
}

function saying(...blocks: readonly Block[]): Message {
  return { text: 'text', blocks };
}

function button(changes: Partial<Button> = {}): Button {
  return { type: 'button', action_id: 'a', text: plain('Go'), value: 'v', ...changes };
}

function asking(changes: Partial<NonNullable<Button['confirm']>>): Message {
  const confirm = { title: plain('t'), text: plain('t'), confirm: plain('Yes'), deny: plain('No'), ...changes };
  return saying(actions('b', [button({ confirm })]));
}

function tableOf(id: string, rows: number, columns: number): Block {
  const row = times(columns, () => ({ type: 'raw_text', text: 'c' }) as const);
  return { type: 'table', block_id: id, rows: times(rows, () => row) };
}

/** Sections of 1000 bytes and one of the rest. */
function sections(bytes: number): Message {
  const whole = Math.floor(bytes / 1000);
  const rest = bytes % 1000;
  const texts = [...times(whole, () => x(1000)), ...(rest === 0 ? [] : [x(rest)])];
  return saying(...texts.map((text, index) => section(`s${index}`, [text])));
}

const LIMITS_OF_SLACK: readonly Limit[] = [
  {
    what: 'blocks',
    most: 50,
    of: (n) => saying(...times(n, (i) => section(`s${i}`, ['x']))),
    says: 'blocks: 51 is over 50',
  },
  { what: 'text', most: 4000, of: (n) => ({ text: x(n), blocks: [] }), says: 'text bytes: 4001 is over 4000' },
  {
    what: 'text of characters of four bytes',
    most: 1000,
    of: (n) => ({ text: '𝕏'.repeat(n), blocks: [] }),
    says: 'text bytes: 4004 is over 4000',
  },
  {
    what: 'text of what is escaped to five bytes',
    most: 800,
    of: (n) => ({ text: '&'.repeat(n), blocks: [] }),
    says: 'text bytes: 4005 is over 4000',
  },
  {
    what: 'text of what is escaped to four bytes',
    most: 500,
    of: (n) => ({ text: '<>'.repeat(n), blocks: [] }),
    says: 'text bytes: 4008 is over 4000',
  },
  { what: 'section', most: 3000, of: (n) => saying(section('s', [x(n)])), says: 'section s: 3001 is over 3000' },
  {
    what: 'section of what is escaped',
    most: 600,
    of: (n) => saying(section('s', ['&'.repeat(n)])),
    says: 'section s: 3005 is over 3000',
  },
  { what: 'header', most: 150, of: (n) => saying(header('h', x(n))), says: 'header: 151 is over 150' },
  {
    what: 'texts of a context',
    most: 10,
    of: (n) => saying({ type: 'context', block_id: 'c', elements: times(n, () => mrkdwn('x')) }),
    says: 'context elements: 11 is over 10',
  },
  {
    what: 'text of a context',
    most: 2000,
    of: (n) => saying(context('c', [x(n)])),
    says: 'context: 2001 is over 2000',
  },
  {
    what: 'buttons of a row',
    most: 25,
    of: (n) =>
      saying(
        actions(
          'b',
          times(n, (i) => button({ action_id: `a${i}` })),
        ),
      ),
    says: 'buttons: 26 is over 25',
  },
  {
    what: 'text of a button',
    most: 75,
    of: (n) => saying(actions('b', [button({ text: plain(x(n)) })])),
    says: 'button text: 76 is over 75',
  },
  {
    what: 'value of a button',
    most: 2000,
    of: (n) => saying(actions('b', [button({ value: x(n) })])),
    says: 'button value: 2001 is over 2000',
  },
  {
    what: 'action_id',
    most: 255,
    of: (n) => saying(actions('b', [button({ action_id: x(n) })])),
    says: 'action_id: 256 is over 255',
  },
  {
    what: 'block_id',
    most: 255,
    of: (n) => saying(section(x(n), ['x'])),
    says: `block_id ${x(256)}: 256 is over 255`,
  },
  {
    what: 'title of a question',
    most: 100,
    of: (n) => asking({ title: plain(x(n)) }),
    says: 'confirm title: 101 is over 100',
  },
  {
    what: 'text of a question',
    most: 300,
    of: (n) => asking({ text: plain(x(n)) }),
    says: 'confirm text: 301 is over 300',
  },
  {
    what: 'yes of a question',
    most: 30,
    of: (n) => asking({ confirm: plain(x(n)) }),
    says: 'confirm button: 31 is over 30',
  },
  { what: 'no of a question', most: 30, of: (n) => asking({ deny: plain(x(n)) }), says: 'deny button: 31 is over 30' },
  { what: 'rows of a table', most: 100, of: (n) => saying(tableOf('t', n, 1)), says: 'table rows: 101 is over 100' },
  { what: 'cells of a row', most: 20, of: (n) => saying(tableOf('t', 1, n)), says: 'table columns: 21 is over 20' },
  {
    what: 'tables',
    most: 1,
    of: (n) => saying(...times(n, (i) => tableOf(`t${i}`, 1, 1))),
    says: 'tables: 2 is over 1',
  },
  { what: 'all blocks', most: 13_000, of: sections, says: 'all block texts, bytes: 13001 is over 13000' },
];

test.each(LIMITS_OF_SLACK)('$what: $most pass, one more is found', ({ most, of, says }) => {
  expect(limitProblems(of(most))).toEqual([]);
  expect(limitProblems(of(most + 1))).toEqual([says]);
});

const TWICE_OR_EMPTY: readonly {
  readonly what: string;
  readonly fine: Message;
  readonly wrong: Message;
  readonly says: string;
}[] = [
  {
    what: 'a block_id used twice',
    fine: saying(section('s', ['x']), section('t', ['x'])),
    wrong: saying(section('s', ['x']), section('s', ['x'])),
    says: 'a block_id is used twice',
  },
  {
    what: 'an action_id used twice in a row of buttons',
    fine: saying(
      actions('b', [button({ action_id: 'a' }), button({ action_id: 'b' })]),
      actions('c', [button({ action_id: 'a' })]),
    ),
    wrong: saying(actions('b', [button({ action_id: 'a' }), button({ action_id: 'a' })])),
    says: 'an action_id is used twice in b',
  },
  { what: 'no text', fine: { text: 'x', blocks: [] }, wrong: { text: '', blocks: [] }, says: 'text is empty' },
  {
    what: 'a section without text',
    fine: saying(section('s', ['x'])),
    wrong: saying(section('s', [''])),
    says: 'empty text in s',
  },
  {
    what: 'a button without text',
    fine: saying(actions('b', [button()])),
    wrong: saying(actions('b', [button({ text: plain('') })])),
    says: 'empty text in b',
  },
  { what: 'a question without text', fine: asking({}), wrong: asking({ text: plain('') }), says: 'empty text in b' },
];

test.each(TWICE_OR_EMPTY)('$what is found', ({ fine, wrong, says }) => {
  expect(limitProblems(fine)).toEqual([]);
  expect(limitProblems(wrong)).toEqual([says]);
});

test('every problem of a message is told, not only the first', () => {
  const message = { text: x(4001), blocks: [header('h', x(151)), section('s', [x(3001)])] };

  expect(limitProblems(message)).toEqual([
    'text bytes: 4001 is over 4000',
    'header: 151 is over 150',
    'section s: 3001 is over 3000',
  ]);
});

test('bytes are never fewer than those of the text escaped once more', () => {
  expect(bytesOf('a<b>&c')).toBe(Buffer.byteLength('a&lt;b&gt;&amp;c'));
  expect(bytesOf('&amp;')).toBe(Buffer.byteLength('&amp;amp;'));
  expect(bytesOf('𝕏é')).toBe(6);
});

test('the texts of all kinds of blocks count towards their sum', () => {
  const confirm = { title: plain('1'), text: plain('22'), confirm: plain('333'), deny: plain('4444') };
  const cells = [[{ type: 'raw_text', text: 'ab' } as const], [{ type: 'raw_text', text: 'c' } as const]];

  expect(blockBytes(header('h', 'abc'))).toBe(3);
  expect(blockBytes({ type: 'context', block_id: 'c', elements: [mrkdwn('ab'), mrkdwn('c')] })).toBe(3);
  expect(blockBytes(actions('b', [button({ text: plain('ab'), value: 'c', confirm })]))).toBe(13);
  expect(blockBytes({ type: 'table', block_id: 't', rows: cells })).toBe(3);
});
