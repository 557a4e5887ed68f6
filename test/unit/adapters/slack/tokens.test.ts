import { assert as assertProperty, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokensOf, withoutMention } from '../../../../src/adapters/slack/tokens.ts';

describe('what keyboards and Slack make of a command is read as what was meant', () => {
  test.each([
    ['defrag prod', ['defrag', 'prod']],
    ['/kube defrag prod', ['defrag', 'prod']],
    ['kube defrag prod', ['defrag', 'prod']],
    ['  defrag \u00A0 prod\u200B ', ['defrag', 'prod']],
    ['defrag\u0007 pr\u001Bod', ['defrag', 'prod']],
    ['defrag prod \u2014all', ['defrag', 'prod', '--all']],
    ['defrag prod \u2013all', ['defrag', 'prod', '--all']],
    ['defrag prod \u2014-all', ['defrag', 'prod', '--all']],
    ['defrag prod \u2014pause=5s', ['defrag', 'prod', '--pause=5s']],
    ['status a\u2011b', ['status', 'a-b']],
    ['reject latest \u201Cnot now\u201D', ['reject', 'latest', 'not now']],
    ["reject latest 'not now'", ['reject', 'latest', 'not now']],
    ["reject latest it's late, don't", ['reject', 'latest', 'it\u2019s', 'late,', 'don\u2019t']],
    ['`defrag prod`', ['defrag', 'prod']],
    ['```defrag prod```', ['defrag', 'prod']],
    ['reject latest a &amp; b &lt;c&gt;', ['reject', 'latest', 'a', '&', 'b', '<c>']],
    ['reject latest ask <@U0ABC|ann> in <#C0OPS|ops>', ['reject', 'latest', 'ask', '@U0ABC', 'in', '#C0OPS']],
    ['status <http://prod.example|prod.example>', ['status', 'prod.example']],
    ['', []],
    ['""', ['']],
  ])('%j', (typed, tokens) => {
    expect(tokensOf(typed)).toEqual({ ok: true, tokens });
  });

  test.each(['reject latest "not now', "defrag 'prod", '\u201Cdefrag'])('%j has an open quotation mark', (typed) => {
    const result = tokensOf(typed);

    expect(result.ok ? '' : result.text).toContain('opened and never closed');
  });

  test('a text of a novel is refused with its length', () => {
    expect(tokensOf('a'.repeat(3000))).toEqual({ ok: false, text: expect.stringContaining('3000 characters') });
  });

  test('any text gives words or a reason', () => {
    assertProperty(
      property(string({ unit: 'binary' }), (typed) => {
        const result = tokensOf(typed);

        expect(
          result.ok ? result.tokens.every((token) => !/[\u2013\u2014\u200B]/u.test(token)) : result.text !== '',
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['<@U0BOT> defrag prod', 'defrag prod'],
  ['<@U0BOT|kube>: defrag prod', 'defrag prod'],
  ['  <@U0BOT>,defrag prod', 'defrag prod'],
  ['defrag prod', 'defrag prod'],
  ['<@U0OTHER> defrag prod', '<@U0OTHER> defrag prod'],
])('%s without the mention', (text, rest) => {
  expect(withoutMention(text, 'U0BOT')).toBe(rest);
});
