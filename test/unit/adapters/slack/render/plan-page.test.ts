import { describe, expect, test } from 'vitest';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { readDefinition } from '../../../../../playground/workspace/methods/views.ts';
import { renderAnswerPage } from '../../../../../src/adapters/slack/render/answer-page.ts';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { modalProblems } from '../../../../../src/adapters/slack/render/modal-limits.ts';
import { renderPlanningPage } from '../../../../../src/adapters/slack/render/plan-page.ts';
import { okAnswer } from '../../../../../src/core/answer.ts';
import { PAGE_CASES, PLACE, WORST_PAGES } from '../../../../support/page-cases.ts';
import { readableModal } from '../../../../support/readable-modal.ts';
import { WORST_NAME } from '../../../../support/worst-run.ts';

/** What Slack would refuse, judged by Drydock's own checker and by the local workspace's. */
function refusals(page: Modal): readonly string[] {
  const read = readDefinition(page);
  return [
    ...modalProblems(page),
    ...(checkBlocks(page.blocks, 'modal')?.messages ?? []),
    ...('refusal' in read ? [JSON.stringify(read.refusal)] : []),
  ];
}

test.each(Object.entries(PAGE_CASES))('%s, as in its golden file, within the limits', async (name, page) => {
  await expect(readableModal(page)).toMatchFileSnapshot(`golden/page-${name}.txt`);
  expect(refusals(page)).toEqual([]);
});

test('only a plan can be requested, and only it and pages without one lead back to the arguments', () => {
  const submits = Object.entries(PAGE_CASES).map(([name, page]) => [name, page.submit?.text] as const);
  const asking = submits.filter(([, submit]) => submit !== undefined);

  expect(Object.fromEntries(asking)).toEqual({
    plan: 'Request this run',
    'plan-two-gates': 'Request this run',
    'plan-no-approval': 'Start this run',
  });
});

describe('at its worst', () => {
  const cut = new Set(['planned', 'blocked', 'failed']);

  test.each(Object.entries(WORST_PAGES))(
    '%s stays within the limits, and counts what it leaves out',
    async (name, page) => {
      expect(refusals(page)).toEqual([]);
      await expect(readableModal(page)).toMatchFileSnapshot(`golden/worst-page-${name}.txt`);
      expect(/… and \d+ more lines, whole in the thread of its card\./.test(JSON.stringify(page))).toBe(cut.has(name));
      expect(JSON.stringify(page)).not.toMatch(/<!(?:channel|here|everyone)|[\u202A-\u202E\u200B]/u);
    },
  );

  test.each([1, 100, 400])('an answer of %i worst lines is a page within the limits, or none', (count) => {
    const lines = Array.from({ length: count }, () => [{ code: WORST_NAME }, WORST_NAME]);
    const page = renderAnswerPage('Answer', WORST_NAME.repeat(30), okAnswer(WORST_NAME.repeat(30), lines));

    expect(page === null ? [] : refusals(page)).toEqual([]);
    expect(page === null).toBe(count > 1);
  });
});

test('the checker finds what Slack would refuse', () => {
  const page = renderPlanningPage({ ...PLACE, sinceMs: null }, 'note');
  const long = { type: 'plain_text', text: 'x'.repeat(25), emoji: false } as const;
  const broken: Modal = {
    ...page,
    title: long,
    private_metadata: 'x'.repeat(3001),
    blocks: [...page.blocks, ...page.blocks],
  };

  expect(modalProblems(broken)).toEqual([
    'title: 25 is over 24',
    'private_metadata: 3001 is over 3000',
    'a block_id is used twice',
    'a block_id is used twice',
  ]);
});
