import { describe, expect, test } from 'vitest';
import { renderAnswer } from '../../../../../src/adapters/slack/render/answer.ts';
import type { Message } from '../../../../../src/adapters/slack/render/blocks.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import { okAnswer } from '../../../../../src/core/answer.ts';
import { readable } from '../../../../support/readable-message.ts';
import { eventAt, GATE_OPENED, REQUESTED, SAMPLE_HASH, samplePlan, stateOf } from '../../../../support/sample-run.ts';

const VIEW = { title: 'Defragment etcd', replaces: null, displacedFrom: null, peopleOf: () => ['U0APPROVER1'] };
/** What Slack takes, as users found it: a message for one person, the text of an update, all blocks together. */
const FOUND = { aloneBytes: 3000, updateBytes: 4000, blocksChars: 13_200 };

/** Bytes of a text once `&`, `<` and `>` in it are written as Slack wants them. */
function escapedBytes(text: string): number {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return Buffer.byteLength(escaped, 'utf8');
}

/** All texts that people read in the blocks of a message. */
function blockTexts(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'text' in value && typeof value.text === 'string' ? [value.text] : [];
  return [...own, ...Object.values(value).flatMap(blockTexts)];
}

function blocksBytes({ blocks }: Message): number {
  return blocks.flatMap(blockTexts).reduce((sum, text) => sum + escapedBytes(text), 0);
}

/** Figures and their units are held together by spaces that do not break. */
function withPlainSpaces(text: string): string {
  return text.replaceAll('\u00A0', ' ');
}

function many<T>(one: (index: number) => T): T[] {
  return Array.from({ length: 40 }, (_, index) => one(index));
}

/** A run that waits at its gate, of 40 steps that take 700 characters each to tell, with as much of everything else. */
function longRun(filler: string) {
  const [first] = samplePlan().steps;
  if (first === undefined) throw new Error('the sample plan has no step');
  const long = filler.repeat(700 / filler.length);
  const plan = samplePlan({
    steps: many((index) => ({ ...first, summary: `step number ${index}, ${long} end ${index}.` })),
    checks: many((index) => ({ id: `check-${index}`, verdict: 'warn', title: `check ${index}`, evidence: long })),
    notes: many((index) => `note ${index} ${long}`),
    locks: many((index) => `cluster/prod/${index}`),
    before: [{ title: 'Before', columns: ['member', 'size'], rows: many((index) => [`m-${index}`, long]) }],
  });
  return [REQUESTED, eventAt(2, { type: 'planned', plan, hash: SAMPLE_HASH }), GATE_OPENED];
}

describe('what users of other tools suffer from: output that is lost or cut without a word', () => {
  test('hubot-stackstorm #108, #147: a long answer comes whole and in order, in as many messages as it needs', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `member ${index}: answered after ${index} ms`);
    const messages = renderAnswer(okAnswer('Members', lines), 'n');

    expect(messages.length).toBeGreaterThan(1);
    const inText = messages.map(({ text }) => text);
    const inBlocks = messages.flatMap(({ blocks }) => blocks.flatMap(blockTexts));
    for (const told of [inText, inBlocks]) expect(withPlainSpaces(told.join('\n')).split('\n').slice(1)).toEqual(lines);
  });

  test('hubot-stackstorm #108, #147: what a card leaves out it says, and the thread has it whole', () => {
    const events = longRun('x');
    const [plan] = renderThread('r-1', events, 0);
    const whole = [...(plan?.texts ?? []), plan?.file?.content ?? ''].join('\n');

    const [blocks = '', text = ''] = readable(renderCard(stateOf(events), VIEW)).split('[text]');
    const shown = blocks.split('\n').filter((line) => /^○ \d+\. /.test(line));
    expect(shown.length).toBeGreaterThan(0);
    expect(blocks).toContain(`… and ${40 - shown.length} more lines of the 40-step plan: whole in the thread.`);
    expect(text.trimEnd()).toMatch(/\n… and \d+ more lines, whole in the thread\.$/);
    for (let index = 0; index < 40; index += 1) expect(whole).toContain(`end ${index}.`);
  });

  test.each(['x', '<&>', '𝕏', 'it\'s "so" & <so>'])(
    'nautobot-chatops #132: an answer of "%s" is in parts that one person alone can be shown',
    (filler) => {
      const answer = okAnswer(filler.repeat(50), [
        filler.repeat(3000),
        ...Array.from({ length: 60 }, () => filler.repeat(20)),
      ]);
      const messages = renderAnswer(answer, 'n');

      expect(messages.length).toBeGreaterThan(2);
      for (const message of messages) {
        expect(escapedBytes(message.text)).toBeLessThanOrEqual(FOUND.aloneBytes);
        expect(blocksBytes(message)).toBeLessThanOrEqual(FOUND.aloneBytes);
      }
    },
  );

  test.each(['x', '<&>', '𝕏'])(
    'bolt-js #2509, GitLab MR 258898: a card with 40 steps of "%s" is below what Slack takes of blocks and text together',
    (filler) => {
      const card = renderCard(stateOf(longRun(filler)), VIEW);

      expect(blocksBytes(card)).toBeGreaterThan(FOUND.blocksChars / 2);
      expect(blocksBytes(card)).toBeLessThanOrEqual(FOUND.blocksChars);
      expect(escapedBytes(card.text)).toBeLessThanOrEqual(FOUND.updateBytes);
    },
  );
});
