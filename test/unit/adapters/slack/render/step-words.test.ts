import { expect, test } from 'vitest';
import { listStep } from '../../../../../jobs/backups/list-step.ts';
import { retainStep } from '../../../../../jobs/etcd-backup/retain-step.ts';
import { staticStep } from '../../../../../jobs/etcd-backup/static-step.ts';
import { restoreStep } from '../../../../../jobs/etcd-drill/restore-step.ts';
import { endLines } from '../../../../../src/adapters/slack/render/card-end.ts';
import { stepLines } from '../../../../../src/adapters/slack/render/card-steps.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { eventAt, REQUESTED, SAMPLE_HASH, SAMPLE_RUN, samplePlan, stateOf } from '../../../../support/sample-run.ts';

const STEPS = [
  staticStep.plan({ image: 'busybox' }),
  retainStep.plan({ keepLast: 3, maxAgeMs: null }),
  listStep.plan({}),
  restoreStep.plan({ id: 'prod-1', sha256: 'a', bytes: 1 }),
];
const PLANNED = eventAt(2, { type: 'planned', plan: samplePlan({ steps: STEPS, gates: [] }), hash: SAMPLE_HASH });
const ENDED: readonly RunEvent[] = [
  eventAt(9, { type: 'ending', reason: 'done', note: '' }),
  eventAt(9, { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 4, stepsPlanned: 4 }),
];

function made(kind: string, summary: string): RunEvent {
  return eventAt(3, { type: 'cleanup-registered', id: 'x', kind, input: null, summary });
}

test('a step of a backup says what it changes, on the card and in the thread, and stays one that needs no approval', () => {
  const words = [
    'a pod that comes and goes',
    'changes the store only',
    'reads the store, keeps there what it finds',
    'touches no cluster',
  ];
  const lines = stepLines(stateOf([REQUESTED, PLANNED]));
  const [entry] = renderThread(SAMPLE_RUN, [REQUESTED, PLANNED], 1);

  expect(STEPS.map(({ risk }) => risk)).toEqual(['read', 'read', 'read', 'read']);
  for (const [index, word] of words.entries()) {
    expect(lines.find((line) => line.includes(` ${index + 1}. `))).toMatch(new RegExp(`— ${word}$`));
    expect(entry?.texts.join('\n')).toContain(`(${word}, \`${STEPS[index]?.kind}\`)`);
  }
});

test.each([
  ['node-shell.pod@1', 'the node-shell pod drydock/a on cp-1', 'the node-shell pod drydock/a on cp-1'],
  ['etcd.delete-probe@1', 'delete the test key k', 'the test key k'],
])('what %s takes away is removed, on the card and in the thread, and not put back', (kind, summary, what) => {
  const begun = [REQUESTED, PLANNED, made(kind, summary)];
  const done = eventAt(4, { type: 'cleanup-done', id: 'x' });
  const failed = eventAt(4, { type: 'cleanup-failed', id: 'x', note: 'no answer' });

  expect(endLines(stateOf([...begun, done, ...ENDED]))).toContain(`Removed: ${what}.`);
  expect(endLines(stateOf([...begun, failed, ...ENDED]))).toContain(`*Not removed:* ${what}. no answer`);
  expect(endLines(stateOf([...begun, ...ENDED]))).toContain(`Still to be removed: ${what}.`);
  expect(renderThread(SAMPLE_RUN, [...begun, done], 3)[0]?.texts).toEqual([`Removed: ${what}.`]);
  expect(renderThread(SAMPLE_RUN, [...begun, failed], 3)[0]?.texts).toEqual([`*Not removed:* ${what}. no answer`]);
});

test('an entry that may have become a voter is not said to be removed: it is said that none is left that does not vote', () => {
  const summary = 'an entry with https://10.0.0.14:2380 in the member list that does not vote, if there is one';
  const begun = [REQUESTED, PLANNED, made('etcd.drop-learner@1', summary)];
  const done = eventAt(4, { type: 'cleanup-done', id: 'x' });
  const failed = eventAt(4, { type: 'cleanup-failed', id: 'x', note: 'no answer' });
  const words = 'Checked: no entry with https://10.0.0.14:2380 in the member list that does not vote is left.';

  expect(endLines(stateOf([...begun, done, ...ENDED]))).toContain(words);
  expect(renderThread(SAMPLE_RUN, [...begun, done], 3)[0]?.texts).toEqual([words]);
  expect(endLines(stateOf([...begun, failed, ...ENDED]))).toContain(`*Not removed:* ${summary}. no answer`);
});

test('a service that was stopped, or never disabled, is not said to be put back', () => {
  const summary = 'that etcd.service on 10.0.0.12 starts with the machine as long as its member runs';
  const begun = [REQUESTED, PLANNED, made('hosts.enable-unit@1', summary)];
  const done = eventAt(4, { type: 'cleanup-done', id: 'x' });

  expect(endLines(stateOf([...begun, done, ...ENDED]))).toContain(`Checked: ${summary}.`);
  expect(endLines(stateOf([...begun, ...ENDED]))).toContain(`Still to be put back: ${summary}.`);
});

test('what was changed, and not made, is put back', () => {
  const done = eventAt(4, { type: 'cleanup-done', id: 'x' });

  expect(endLines(stateOf([REQUESTED, PLANNED, made('pause@1', 'the pause'), done, ...ENDED]))).toContain(
    'Put back: the pause.',
  );
});
