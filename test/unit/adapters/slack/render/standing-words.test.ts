import { describe, expect, test } from 'vitest';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { CARD_CASES, CARD_VIEW } from '../../../../support/card-cases.ts';
import { eventAt, SAMPLE_HASH, SAMPLE_RUN, stateOf } from '../../../../support/sample-run.ts';
import { MET_IN_ADVANCE, notMet, STANDING_EVENTS } from '../../../../support/standing-cards.ts';

/** Moments in UTC, as clients show them that do not know the reader's clock. */
function readAloud(text: string): string {
  return text.replaceAll(/<!date\^[^|]*\|([^>]*)>/g, '$1').replaceAll('\u00A0', ' ');
}

function thread(events: readonly RunEvent[]) {
  return renderThread(SAMPLE_RUN, events, 0, CARD_VIEW.peopleOf);
}

/** What the thread tells after the plan, line by line. */
function toldAfterPlan(events: readonly RunEvent[]): readonly string[] {
  return thread(events)
    .filter((entry) => entry.events > 2)
    .flatMap((entry) => entry.texts.map(readAloud));
}

function buttonsOf(name: keyof typeof CARD_CASES): readonly string[] {
  const { blocks } = renderCard(CARD_CASES[name], CARD_VIEW);
  return blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((button) => button.action_id) : []));
}

describe('the question of a standing approval', () => {
  test('says on its card what is approved, for which schedule, until when, which steps with which risk, and that nothing runs now', () => {
    const text = readAloud(renderCard(CARD_CASES['standing-asked'], CARD_VIEW).text);

    expect(text).toMatch(/^Defragment etcd · prod · approval in advance: \*Waiting for approval: 1 of 2\*/);
    expect(text).toContain(
      '*Approve in advance every run of sched-prod-x7k2 that is planned like this, until Fri 19 Feb 2027 11:00 Europe/Berlin*',
    );
    expect(text).toContain('Defragment etcd-1, etcd-2, etcd-3: followers first, leader last — disruptive');
    expect(text).toContain('Nothing is executed now.');
    expect(text).toContain('`/kube standing sched-prod-x7k2 --revoke` ends the approval.');
  });

  test('locks nothing and says so: no word of locks on its card', () => {
    expect(JSON.stringify(renderCard(CARD_CASES['standing-asked'], CARD_VIEW))).not.toMatch(
      /lock(?:s|ed) (?:from|until)/i,
    );
  });

  test('ends as approved in advance, not as a dry run', () => {
    const { text } = renderCard(CARD_CASES['standing-granted'], CARD_VIEW);

    expect(text).toContain('*Approved in advance* after 41 s.');
    expect(text).not.toContain('dry run');
  });

  test('cannot be planned again, which would ask nobody', () => {
    expect(buttonsOf('standing-impossible')).toEqual([]);
    expect(buttonsOf('drifted')).toEqual(['run.plan-again']);
  });

  test('tells its thread who is asked until when, each vote, and what it came to', () => {
    expect(toldAfterPlan(STANDING_EVENTS['standing-granted'])).toEqual([
      '*Approve in advance every run of sched-prod-x7k2 that is planned like this, until Fri 19 Feb 2027 11:00 Europe/Berlin*: 2 needed from <@U0APPROVER1> or <@U0APPROVER2> (approver), until 2026-11-21 10:30:02 UTC. Nothing is executed now.',
      '<@U0APPROVER1> approved the plan `0123456789ab`.',
      '<@U0APPROVER2> approved the plan `0123456789ab`.',
      '<@U0OPERATOR>: approved in advance by <@U0APPROVER1> and <@U0APPROVER2>, for sched-prod-x7k2. Nothing was executed.',
      '*Approved in advance* (`approved-in-advance`), 0 of 2 steps done. Runs of its schedule with a plan like this begin without asking, as soon as the schedule has it. Nothing was executed.',
    ]);
  });
});

describe('a run that was approved in advance', () => {
  test('calls nobody in its thread, also when whoever stood in granted it', () => {
    const escalated = eventAt(2, { type: 'gate-escalated', gate: 'approve', hash: SAMPLE_HASH, to: ['lead'] });
    const events = [...MET_IN_ADVANCE.slice(0, 3), escalated, ...MET_IN_ADVANCE.slice(3)];

    expect(events.map(({ type }) => type).slice(2, 5)).toEqual(['gate-opened', 'gate-escalated', 'gate-settled']);
    expect(toldAfterPlan(events)).toEqual(toldAfterPlan(MET_IN_ADVANCE));
    expect(thread(events).filter(({ calls }) => calls)).toEqual([]);
    expect(thread(events.slice(0, 4)).filter(({ calls }) => calls)).toHaveLength(2);
  });

  const words =
    'pproved in advance by <@U0APPROVER1> and <@U0APPROVER2> 2026-11-14 09:00:00 UTC, until 2027-02-19 10:00:00 UTC, for schedule sched-prod-x7k2';

  test('says on its card by whom, when, until when, for which schedule, and in which run', () => {
    const text = readAloud(renderCard(CARD_CASES['standing-used'], CARD_VIEW).text);

    expect(text.split('\n')).toContain(`A${words} (granted in \`defrag-prod-q7k2\`)`);
  });

  test('calls nobody in its thread: nobody is asked', () => {
    expect(toldAfterPlan(MET_IN_ADVANCE)).toEqual([`<@U0OPERATOR>: a${words}. The run goes on.`]);
    expect(thread(MET_IN_ADVANCE).some(({ calls }) => calls)).toBe(false);
  });

  test('unlike one that people are asked about, also when they answered soon or never', () => {
    const expired = eventAt(1802, {
      type: 'gate-settled',
      gate: 'approve',
      hash: SAMPLE_HASH,
      verdict: 'expired',
      by: [],
      note: null,
    });

    expect(thread(STANDING_EVENTS['standing-asked']).filter(({ calls }) => calls)).toHaveLength(1);
    expect(thread([...notMet('there is none'), expired]).filter(({ calls }) => calls)).toHaveLength(1);
  });
});

describe('a standing approval that does not count', () => {
  test.each([
    ['it is over since 2026-11-20 09:00 UTC'],
    ['the plan warns of what was not shown then: disk: Free disk cannot be seen'],
    ['it was revoked by <@U0APPROVER2>, 2026-11-20 09:00 UTC'],
  ])('says on the card and in the thread, because %s', (why) => {
    const line = `The standing approval of sched-prod-x7k2 does not count, because ${why}.`;

    expect(renderCard(stateOf(notMet(why)), CARD_VIEW).text.split('\n')).toContain(line);
    expect(toldAfterPlan(notMet(why)).join('\n').split('\n')).toContain(line);
  });

  test('cuts a long reason between words of ours and never inside a mention', () => {
    for (let length = 400; length < 500; length += 1) {
      const card = renderCard(stateOf(notMet(`${'x'.repeat(length)} <@U0APPROVER2> ${'y'.repeat(100)}`)), CARD_VIEW);
      const line = card.text.split('\n').find((each) => each.startsWith('The standing approval')) ?? '';

      expect(limitProblems(card)).toEqual([]);
      expect(line.replaceAll('<@U0APPROVER2>', '')).not.toContain('<');
    }
  });
});
