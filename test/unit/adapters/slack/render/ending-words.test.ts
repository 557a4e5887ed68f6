import { describe, expect, test } from 'vitest';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { renderRejectModal } from '../../../../../src/adapters/slack/render/modal.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { EndReason } from '../../../../../src/core/reasons.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { CARD_VIEW } from '../../../../support/card-cases.ts';
import { eventAt, REQUESTED, SAMPLE_HASH, SAMPLE_RUN, samplePlan, stateOf } from '../../../../support/sample-run.ts';

const [STEP] = samplePlan().steps;
const PLAN = samplePlan({ steps: STEP === undefined ? [] : [{ ...STEP, commits: true }], gates: [] });
const CALL = { index: 0, item: 'cp-2', action: 'remove-member' } as const;
const BEGUN = [
  REQUESTED,
  eventAt(2, { type: 'planned', plan: PLAN, hash: SAMPLE_HASH }),
  eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
] as const;
const COMMITTED = [
  eventAt(4, { type: 'intent', ...CALL, facts: null }),
  eventAt(5, { type: 'observed', ...CALL, result: 'done', note: '', evidence: null }),
] as const;
const LEARNER = eventAt(6, {
  type: 'cleanup-registered',
  id: 'learner',
  kind: 'etcd.drop-learner@1',
  input: null,
  summary: 'the new learner',
});
const NOTE = 'cp-3 does not answer.';
const ENDED_MIDWAY = 'Take it that no further member may fail until `/kube members` says otherwise.';

function ending(reason: EndReason, note = NOTE): RunEvent {
  return eventAt(7, { type: 'ending', reason, note });
}

function needsAPerson(note: string, reason: EndReason = 'ring-thin'): RunEvent {
  return eventAt(90, { type: 'ended', outcome: 'needs-a-person', reason, note, stepsDone: 0, stepsPlanned: 1 });
}

function threadOf(...events: readonly RunEvent[]): readonly string[] {
  return renderThread(SAMPLE_RUN, [...BEGUN, ...events], BEGUN.length).flatMap(({ texts }) => texts);
}

describe('a run that ends while something cannot be put back yet', () => {
  test('says on its card why, what to do, what is open with its command, and until when it is tried', () => {
    const why = `${'no voter can be asked; '.repeat(40)}By hand: etcdctl member remove 7`;
    const scratch = { index: -1, state: { learner: why }, note: '', at: '', notBefore: null, failures: 0 };
    const { text } = renderCard(stateOf([...BEGUN, ...COMMITTED, LEARNER, ending('ring-thin')], scratch), CARD_VIEW);

    expect(text).toContain(
      '*Ending: putting back what was changed for this run.* *Needs a person.* The etcd ring is not well enough to go on',
    );
    expect(text).toContain(NOTE);
    expect(text).toContain('*Next:*');
    expect(text).toContain('*Still to be removed:* the new learner. no voter can be asked;');
    expect(text).toContain('… By hand: etcdctl member remove 7\n');
    expect(text).toContain('What is still open is tried until <!date^1795255807^');
    expect(text).not.toContain('locks are free');
  });

  test('says behind a committing call that it stopped midway, as it will at the end', () => {
    const { text } = renderCard(stateOf([...BEGUN, ...COMMITTED, LEARNER, ending('plan-drifted', 'x')]), CARD_VIEW);

    expect(text).toContain('*Needs a person.* The run ended while a member was being replaced');
    expect(text).toContain('It stopped with "plan-drifted": x');
    expect(text).toContain('Still to be removed: the new learner.\n');
  });

  test('calls in its thread at once, by name, and the end does not say it again', () => {
    const entries = renderThread(SAMPLE_RUN, [...BEGUN, LEARNER, ending('ring-thin')], BEGUN.length);
    expect(entries).toMatchObject([{ events: 5, begins: true, calls: true }]);
    const [first = ''] = entries[0]?.texts ?? [];
    expect(first).toMatch(/^<@U0OPERATOR>: \*Needs a person\* \(`ring-thin`\)\. The etcd ring is not well enough/);
    expect(first).toContain(NOTE);
    expect(first).toContain('Still to be removed: the new learner.');
    expect(first).toContain('*Next:*');

    const failed = eventAt(80, { type: 'cleanup-failed', id: 'learner', note: 'no quorum' });
    const left = 'Not put back: the new learner: no quorum';
    const [, , last = ''] = threadOf(LEARNER, ending('ring-thin'), failed, needsAPerson(`${NOTE} ${left}`));
    expect(last).toContain('0 of 1 steps done. Why, and what to do next, stands above');
    expect(last).toContain(left);
    expect(last).not.toContain(NOTE);
    expect(last).not.toContain('not well enough');
  });

  test('whose reason changes tells the new one whole', () => {
    const ended = needsAPerson(`x. The run itself ended with "rejected"`, 'cleanup-failed');
    const texts = threadOf(...COMMITTED, LEARNER, ending('rejected', ''), ended);

    expect(texts.slice(-2)[0]).toContain(ENDED_MIDWAY);
    expect(texts.at(-1)).toContain('The run itself ended with');
    expect(texts.at(-1)).toContain('*Next:*');
  });

  test.each([
    ['nothing is left to be put back', [ending('ring-thin'), needsAPerson(NOTE)]],
    ['it calls nobody', [LEARNER, ending('done', '')]],
    ['people ended it before it changed anything for good', [LEARNER, ending('cancelled', '')]],
  ] as const)('is not told before its end when %s', (_when, events) => {
    const texts = threadOf(...events);

    expect(texts.filter((text) => text.includes('Ending'))).toEqual([]);
    expect(texts.join('').includes('stands above')).toBe(false);
  });
});

describe('a run that people end behind a committing call', () => {
  test.each([
    ['rejected', 'wrong node'],
    ['cancelled', ''],
  ] as const)('%s: the card says what holds', (reason, note) => {
    const whole = [...BEGUN, ...COMMITTED, ending(reason, note)];
    const ended = eventAt(9, { type: 'ended', outcome: reason, reason, note: 'x', stepsDone: 0, stepsPlanned: 1 });
    const early = renderCard(stateOf(whole), CARD_VIEW).text;

    expect(early).toContain(ENDED_MIDWAY);
    expect(renderCard(stateOf([...BEGUN, ending(reason, note), ended]), CARD_VIEW).text).not.toContain(ENDED_MIDWAY);
  });

  test('is warned of in the form that rejects, in the words of the one that cancels', () => {
    expect(renderRejectModal('r|g|-').title.text).toBe('Reject this plan');
    expect(JSON.stringify(renderRejectModal('r|g|-'))).not.toContain('not replaced');
    const { title, submit, blocks } = renderRejectModal('r|g|-', true);
    expect([title.text, submit?.text]).toEqual(['End this run', 'End the run']);
    expect(JSON.stringify(blocks[0])).toContain('What it removed is not replaced then');
  });
});
