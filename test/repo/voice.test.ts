import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { runbooks } from '../../jobs/index.ts';
import { MARKS } from '../../src/adapters/slack/render/marks.ts';
import { flagsOf } from '../../src/core/parse/usage.ts';
import { REASONS } from '../../src/core/reasons.ts';
import { OUTCOME_WORDS } from '../../src/core/wording.ts';
import { codeFiles, textOf } from '../support/repository.ts';

/** Words that tell nothing. See `docs/voice.md`. */
const EMPTY = /\b(?:please|sorry|oops|whoops|unfortunately|successfully|congratulations)\b/i;
/** Ways to say what was not touched, what goes on, or that there is nothing to worry about. */
const SAFE =
  /Nothing|nothing|No further (?:member|pod) |Every step was done|already is as asked|not repeated|frozen|Reads go on|stays as it is/;

function problemsOf(text: string): readonly string[] {
  return [
    ...(/!/.test(text) ? ['an exclamation mark'] : []),
    ...(EMPTY.test(text) ? ['a word that tells nothing'] : []),
    ...(text.endsWith('.') ? [] : ['no period at its end']),
    ...(/\p{Extended_Pictographic}/u.test(text) ? ['a picture'] : []),
    ...(/ {2}|^\s|\s$/.test(text) ? ['stray spaces'] : []),
  ];
}

describe('reasons', () => {
  test.each(Object.entries(REASONS))('%s is written as docs/voice.md says', (_code, { text, next }) => {
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(next)).toEqual([]);
  });

  test.each(Object.entries(REASONS).filter(([, reason]) => reason.outcome !== null))(
    '%s ends a run and says what is safe',
    (_code, { text }) => {
      expect(text).toMatch(SAFE);
    },
  );
});

describe('commands', () => {
  test.each(commands.map((command) => [command.name, command] as const))('%s explains itself', (_name, command) => {
    const flags = Object.values(flagsOf(command)).map((flag) => flag.summary);

    for (const text of [command.summary, ...command.details, ...flags]) expect(problemsOf(text), text).toEqual([]);
  });
});

test('titles and outcomes are labels: no period, no exclamation mark', () => {
  const labels = [...runbooks.map((runbook) => runbook.title), ...Object.values(OUTCOME_WORDS)];

  expect(labels.filter((label) => /[.!]$/.test(label) || EMPTY.test(label) || label.length > 60)).toEqual([]);
});

test('a mark never stands without a word', () => {
  const rendering = codeFiles().filter((path) => path.startsWith('src/adapters/slack/render/'));
  const alone = rendering.filter((path) => /\$\{MARKS\.\w+\}['`]/.test(textOf(path)));

  expect(Object.values(MARKS)).toHaveLength(5);
  expect(alone).toEqual([]);
});

test('no text in the code has words that tell nothing, or shouts', () => {
  // The stand-in cluster and its Argo CD have the words of the real ones.
  const spoken = codeFiles().filter(
    (path) => /^(?:src|commands|jobs|playground)\//.test(path) && !/^playground\/(?:kubernetes|gitops)\//.test(path),
  );
  const loud = spoken.filter((path) => {
    const texts = textOf(path).match(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g) ?? [];
    return texts.some((text) => EMPTY.test(text) || /[a-z]!['"`\s]/.test(text));
  });

  expect(spoken.length).toBeGreaterThan(100);
  expect(loud).toEqual([]);
});
