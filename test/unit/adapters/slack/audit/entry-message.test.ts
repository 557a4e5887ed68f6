import { array, assert, constantFrom, dictionary, option, property, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import {
  entryMessage,
  headMessage,
  refusedEntryMessage,
} from '../../../../../src/adapters/slack/audit/entry-message.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';

/** Awkward texts: long, with what has to be escaped, with line breaks and marks. */
const text = array(constantFrom('&', '<@U0BOSS>', '<!channel>', '𝕏', '\n', '`', '*', 'word ', '\u202e', 'é'), {
  maxLength: 400,
}).map((parts) => parts.join(''));
const entry = record({
  action: text,
  actor: option(record({ team: string({ minLength: 1 }), user: text.filter((user) => user !== '') })),
  cluster: option(text),
  run: option(text),
  reason: option(constantFrom('not-permitted', 'of-the-future')),
  detail: dictionary(string(), text, { maxKeys: 5 }),
});

test('whatever an entry says, its message is within the limits of Slack, in two lines, and calls nobody', () => {
  assert(
    property(entry, (over) => {
      const stored = { seq: 7, prev: null, hash: null, content: null, entry: { v: 1, at: '', ...over } } as const;
      for (const message of [entryMessage(stored), refusedEntryMessage(stored)]) {
        expect(limitProblems(message)).toEqual([]);
        expect(message.text.split('\n').length).toBeLessThanOrEqual(2);
        expect(message.text).not.toMatch(/<[@!#]/);
      }
    }),
  );
});

test('a head is told whole, so that it can be copied', () => {
  const hash = 'a'.repeat(64);
  expect(headMessage({ seq: 1234, hash }).text).toBe(`*Audit*: 1,234 entries, head \`1234:${hash}\``);
});
