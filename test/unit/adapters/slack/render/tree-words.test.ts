import { describe, expect, test } from 'vitest';
import { renderAnswer } from '../../../../../src/adapters/slack/render/answer.ts';
import { renderAnswerPage } from '../../../../../src/adapters/slack/render/answer-page.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { treeLines } from '../../../../../src/adapters/slack/render/card-tree.ts';
import { bytesOf, limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { okAnswer } from '../../../../../src/core/answer.ts';
import { keptTree } from '../../../../../src/core/tree.ts';
import { CARD_VIEW } from '../../../../support/card-cases.ts';
import { readable } from '../../../../support/readable-message.ts';
import { eventAt, SAMPLE_EVENTS, stateOf } from '../../../../support/sample-run.ts';
import { WORST_NAME, worstStates } from '../../../../support/worst-run.ts';

const MACHINES = Array.from({ length: 60 }, (_, index) => `├─ capi-md-0-${index}  v1.30.6  waiting for its turn`);
const SCRATCH = { index: 0, state: null, note: 'rolling', at: '2026-11-21T10:00:25Z', notBefore: null, failures: 0 };
const RUNNING = SAMPLE_EVENTS.slice(0, 7);

describe('what is under way in a step', () => {
  test('what does not fit is counted, and where it is', () => {
    const lines = treeLines(stateOf(RUNNING, { ...SCRATCH, tree: MACHINES }), 2000);
    const shown = lines.filter((line) => line.startsWith('├─')).length;

    expect(lines[0]).toBe('```');
    expect(lines.at(-2)).toBe('```');
    expect(lines.at(-1)).toBe(`… ${60 - shown} more lines, whole in \`/kube show defrag-prod-7f3k\``);
    expect(bytesOf(lines.join('\n'))).toBeLessThanOrEqual(2000);
    expect(shown).toBeGreaterThan(20);
  });

  test('nothing is shown of a step that is done, or beside the report of the end', () => {
    const tree = { ...SCRATCH, tree: MACHINES };
    const done = eventAt(50, { type: 'step-done', index: 0, output: null, note: '' });

    expect(treeLines(stateOf([...RUNNING, done], tree), 2000)).toEqual([]);
    expect(treeLines(stateOf(SAMPLE_EVENTS, tree), 2000)).toEqual([]);
    expect(treeLines(stateOf(RUNNING, SCRATCH), 2000)).toEqual([]);
  });

  test('a run that failed in it still shows what was seen last', () => {
    const end = { reason: 'step-failed', note: '', stepsDone: 0, stepsPlanned: 2 } as const;
    const failed = stateOf([...RUNNING, eventAt(50, { type: 'ended', outcome: 'failed', ...end })], {
      ...SCRATCH,
      tree: ['md-0', '└─ a'],
    });

    expect(treeLines(failed, 2000)).toEqual(['```', 'md-0', '└─ a', '```']);
  });
});

const LONGEST = keptTree(Array.from({ length: 210 }, (_, index) => `${index} ${WORST_NAME} `.repeat(9)));

const WORST = worstStates();

test.each(['running', 'cancelling', 'ending', 'failed', 'needs-a-person', 'newer-worker'])(
  'with the longest tree there is, the card of a run fits: %s',
  (name) => {
    const state = WORST[name];
    if (state === undefined) throw new Error(`there is no run ${name}`);
    const running = state.steps.find(({ status }) => status === 'running')?.index ?? 0;
    const card = renderCard({ ...state, scratch: { ...SCRATCH, index: running, tree: LONGEST } }, CARD_VIEW);

    expect(limitProblems(card)).toEqual([]);
  },
);

test('an answer has it whole, in messages and pages that fit, and nothing in it is a mention or ends the block', () => {
  const lines = [...MACHINES, '└─ ``` <!channel> <@U0ANA>'];
  const answer = { ...okAnswer('defrag-prod-7f3k: running', ['Asked.']), texts: [{ title: 'Step 1', lines }] };
  const messages = renderAnswer(answer, 'x1');
  const text = messages.map(readable).join('\n');

  expect(messages.flatMap(limitProblems)).toEqual([]);
  for (const line of MACHINES) expect(text).toContain(line);
  expect(text).toContain("└─ ''' &lt;!channel&gt; &lt;@U0ANA&gt;");
  expect((text.match(/```/g) ?? []).length % 2).toBe(0);
  expect(JSON.stringify(renderAnswerPage('Show', '/kube show latest', answer))).toContain(MACHINES[59]);
});
