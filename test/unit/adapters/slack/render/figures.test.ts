import { assert as assertProperty, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, inline, lineText, plainLine } from '../../../../../src/adapters/slack/render/escape.ts';
import { joinFigures } from '../../../../../src/adapters/slack/render/figures.ts';
import { tableBlock, tableLines } from '../../../../../src/adapters/slack/render/table.ts';
import { formatBytes, formatShare } from '../../../../../src/core/bytes.ts';
import { formatSpan } from '../../../../../src/core/time.ts';

describe('a figure and its unit', () => {
  test.each([
    ['43.6 MiB before, 4.2 MiB after', '43.6~MiB before, 4.2~MiB after'],
    ['about 1.0 s; 3 min 20 s.', 'about 1.0~s; 3~min 20~s.'],
    ['12 % of 2 GiB (850 ms)', '12~% of 2~GiB (850~ms)'],
    ['step 1 of 2, 3 members, 4 hours, 5 sizes', 'step 1 of 2, 3 members, 4 hours, 5 sizes'],
    ['2 s_1, m-3 s', '2 s_1, m-3~s'],
    ['wait 60 s: `sleep 60 s` or <https://x/|60 s>', 'wait 60~s: `sleep 60 s` or <https://x/|60 s>'],
    ['```\nsleep 60 s\n``` took 60 s', '```\nsleep 60 s\n``` took 60~s'],
  ])('%s', (text, joined) => {
    expect(joinFigures(text).replaceAll('\u00A0', '~')).toBe(joined);
  });

  test('stay together however long, large or large a share', () => {
    assertProperty(
      property(integer({ min: 0, max: 2 ** 45 }), (size) => {
        for (const text of [formatSpan(size), formatBytes(size), formatShare(size, 2 ** 45)])
          expect(joinFigures(text)).not.toMatch(/\d (?!\d)/);
      }),
    );
  });

  test('stay together in every kind of text that people read, and apart in what they copy', () => {
    expect(inline('took  4.2\ns')).toBe('took 4.2\u00A0s');
    expect(plainLine('m-2 answers nothing for about 4 s')).toBe('m-2 answers nothing for about 4\u00A0s');
    expect(lineText(['in ', { strong: '4 s' }, ', or 5 s: ', { code: 'sleep 5 s' }])).toBe(
      'in *4\u00A0s*, or 5\u00A0s: `sleep 5 s`',
    );
    expect(code('sleep 60 s')).toBe('`sleep 60 s`');
    const table = { title: 'T', columns: ['a', 'size'], rows: [['m-1', '52.1 MiB']] };
    expect(tableLines(table)[1]).toBe('m-1  52.1\u00A0MiB');
    expect(JSON.stringify(tableBlock('t', table, 1000).block)).toContain('52.1\u00A0MiB');
  });

  test('nothing else of a text is changed', () => {
    assertProperty(
      property(string({ unit: 'binary' }), (text) => {
        expect(joinFigures(text).replaceAll('\u00A0', ' ')).toBe(text.replaceAll('\u00A0', ' '));
      }),
    );
  });
});
