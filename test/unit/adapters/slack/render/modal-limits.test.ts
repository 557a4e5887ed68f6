import { expect, test } from 'vitest';
import { plain, section } from '../../../../../src/adapters/slack/render/blocks.ts';
import type { InputBlock, Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { modalProblems } from '../../../../../src/adapters/slack/render/modal-limits.ts';

function x(size: number): string {
  return 'x'.repeat(size);
}

function times<T>(size: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: size }, (_, index) => make(index));
}

function page(changes: Partial<Modal> = {}): Modal {
  return {
    type: 'modal',
    callback_id: 'c',
    private_metadata: '',
    title: plain('t'),
    submit: plain('Go'),
    close: plain('Back'),
    blocks: [section('s', ['x'])],
    ...changes,
  };
}

function asking(changes: Partial<InputBlock>): Modal {
  const element = { type: 'plain_text_input', action_id: 'a' };
  return page({ blocks: [{ type: 'input', block_id: 'i', label: plain('l'), element, ...changes }] });
}

function choosing(changes: Readonly<Record<string, unknown>>): Modal {
  const options = [{ text: plain('one'), value: '1' }];
  return asking({ element: { type: 'static_select', action_id: 'a', options, ...changes } });
}

test.each([
  { what: 'title', most: 24, of: (n: number) => page({ title: plain(x(n)) }), says: 'title: 25 is over 24' },
  { what: 'submit', most: 24, of: (n: number) => page({ submit: plain(x(n)) }), says: 'submit: 25 is over 24' },
  { what: 'close', most: 24, of: (n: number) => page({ close: plain(x(n)) }), says: 'close: 25 is over 24' },
  {
    what: 'private_metadata',
    most: 3000,
    of: (n: number) => page({ private_metadata: x(n) }),
    says: 'private_metadata: 3001 is over 3000',
  },
  {
    what: 'callback_id',
    most: 255,
    of: (n: number) => page({ callback_id: x(n) }),
    says: 'callback_id: 256 is over 255',
  },
  {
    what: 'blocks',
    most: 100,
    of: (n: number) => page({ blocks: times(n, (i) => section(`s${i}`, ['x'])) }),
    says: 'blocks: 101 is over 100',
  },
  {
    what: 'label',
    most: 2000,
    of: (n: number) => asking({ label: plain(x(n)) }),
    says: 'label of i: 2001 is over 2000',
  },
  { what: 'hint', most: 2000, of: (n: number) => asking({ hint: plain(x(n)) }), says: 'hint of i: 2001 is over 2000' },
  {
    what: 'placeholder',
    most: 150,
    of: (n: number) => choosing({ placeholder: plain(x(n)) }),
    says: 'placeholder of i: 151 is over 150',
  },
  {
    what: 'options',
    most: 100,
    of: (n: number) => choosing({ options: times(n, () => ({ text: plain('o'), value: 'o' })) }),
    says: 'options of i: 101 is over 100',
  },
  {
    what: 'text of an option',
    most: 75,
    of: (n: number) => choosing({ options: [{ text: plain(x(n)), value: 'o' }] }),
    says: 'option of i: 76 is over 75',
  },
  {
    what: 'a section among the blocks',
    most: 3000,
    of: (n: number) => page({ blocks: [section('s', [x(n)])] }),
    says: 'section s: 3001 is over 3000',
  },
  {
    what: 'all blocks, 50 of them and more',
    most: 13_000,
    of: (n: number) => page({ blocks: times(65, (i) => section(`s${i}`, [x(i === 64 ? n - 64 * 200 : 200)])) }),
    says: 'all block texts, bytes: 13001 is over 13000',
  },
])('$what: $most pass, one more is found', ({ most, of, says }) => {
  expect(modalProblems(of(most))).toEqual([]);
  expect(modalProblems(of(most + 1))).toEqual([says]);
});

test('what a modal must not have, and must have, is found', () => {
  const { submit: _submit, ...unsent } = asking({});
  const row = [{ type: 'raw_text', text: 'c' } as const];

  expect(modalProblems(unsent)).toEqual(['inputs without a submit button']);
  expect(modalProblems(page({ blocks: [{ type: 'table', block_id: 't', rows: [row] }] }))).toEqual(['a table']);
});
