import { assert, constantFrom, property, string } from 'fast-check';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { formatDate } from '../../../../playground/page/client/mrkdwn/dates.ts';
import { Mrkdwn } from '../../../../playground/page/client/mrkdwn/mrkdwn.tsx';
import { type Piece, parseMrkdwn } from '../../../../playground/page/client/mrkdwn/parse.ts';

const NOON = Date.UTC(2026, 10, 21, 12) / 1000;

const directory = {
  userName: (id: string) => (id === 'U0OPERATOR' ? 'operator' : undefined),
  channelName: (id: string) => (id === 'C0OPS' ? 'ops' : undefined),
  me: 'U0ME',
  nowMs: NOON * 1000,
  zone: 'UTC',
};

function html(text: string): string {
  return renderToStaticMarkup(createElement(Mrkdwn, { text, directory })).replace(
    /^<div class="mrkdwn">(.*)<\/div>$/s,
    '$1',
  );
}

test.each([
  ['*bold* _it_ ~st~', '<strong>bold</strong> <em>it</em> <s>st</s>'],
  ['*_both_*', '<strong><em>both</em></strong>'],
  ['snake_case_name 2*3*4 a~b~c', 'snake_case_name 2*3*4 a~b~c'],
  ['* not bold*', '* not bold*'],
  ['(*bold*), “_it_”', '(<strong>bold</strong>), “<em>it</em>”'],
  ['`a *b* <@U1>`', '<code>a *b* &lt;@U1&gt;</code>'],
  ['```\n*raw*\n  two\n```', '<pre>*raw*\n  two</pre>'],
  ['a\n      ○ m-1', 'a\n      ○ m-1'],
  ['&gt; quoted *b*\nnot', '<blockquote>quoted <strong>b</strong></blockquote>not'],
  ['<@U0OPERATOR> <@U9>', '<span class="mention">@operator</span> <span class="mention">@U9</span>'],
  ['<@U0ME>', '<span class="mention mention-me">@U0ME</span>'],
  ['<#C0OPS>', '<a class="mention" href="#/C0OPS">#ops</a>'],
  [
    '<!here> <!subteam^S1|@platform>',
    '<span class="mention mention-me">@here</span> <span class="mention mention-me">@platform</span>',
  ],
  [
    '<https://a.test/?x=1&amp;y=2|label>',
    '<a href="https://a.test/?x=1&amp;y=2" target="_blank" rel="noreferrer noopener">label</a>',
  ],
  [
    '<http://127.0.0.1:3000/archives/C0OPS/p1763740000000001|the card>',
    '<a href="#/C0OPS/1763740000000001">the card</a>',
  ],
  ['&lt;script&gt; &amp;amp; &amp;lt;', '&lt;script&gt; &amp;amp; &amp;lt;'],
])('%j', (text, shown) => {
  expect(html(text)).toBe(shown);
});

test.each(['<javascript:alert(1)|click>', '<data:text/html,x|click>', '<vbscript:x>', '<file:///etc/passwd|x>'])(
  '%s becomes no link',
  (text) => {
    expect(html(text)).not.toContain('<a');
  },
);

test.each([
  [`<!date^${NOON}^{date_short_pretty} {time_secs}|x>`, 'today 12:00:00'],
  [`<!date^${NOON - 86_400}^{date_pretty} at {time}|x>`, 'yesterday at 12:00'],
  [`<!date^${NOON + 86_400}^{date_long_pretty}|x>`, 'tomorrow'],
  [`<!date^${NOON - 864_000}^{date_short_pretty}|x>`, 'Nov 11, 2026'],
  [`<!date^${NOON}^{date_num}|x>`, '11/21/2026'],
  [`<!date^${NOON}^{unheard_of}|the fallback>`, 'the fallback'],
])('%s', (text, shown) => {
  expect(html(text)).toMatch(new RegExp(`^<time title="[^"]+">${shown}</time>$`));
});

test('a date keeps the words around its tokens', () => {
  expect(formatDate(NOON, 'Ends {date_short} at {time}.', NOON * 1000, 'UTC')).toBe('Ends Nov 21, 2026 at 12:00.');
});

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ('text' in piece ? piece.text : 'inner' in piece ? textOf(piece.inner) : '')).join('');
}

const SOUP = string({
  unit: constantFrom(...'<>&*_~`"\'@#!|^/=:; \n'.split(''), '```', 'script', 'onload', 'a', '&lt;', 'é', '😀'),
});

test('whatever the text, only tags of this page come out, and no attribute is begun by it', () => {
  assert(
    property(SOUP, (text) => {
      const tags = html(text).match(/<[^>]*>/g) ?? [];
      const known = /^<\/?(strong|em|s|code|pre|blockquote|time|span|a)( (class|href|target|rel|title)="[^"<>]*")*>$/;
      expect(tags.filter((tag) => !known.test(tag))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('escaped outside text is shown exactly as it was', () => {
  assert(
    property(string({ unit: constantFrom(...'<>&"\'@#!|^/= ab'.split('')) }), (outside) => {
      const escaped = outside.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      expect(textOf(parseMrkdwn(`x ${escaped}`))).toBe(`x ${outside}`);
    }),
  );
});
