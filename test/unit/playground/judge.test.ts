import { expect, test } from 'vitest';
import { judge } from '../../../playground/demo/headless.ts';
import type { RunCard } from '../../../playground/demo/sightings.ts';

type Seen = Pick<RunCard, 'run' | 'state' | 'outcome'>;

const ended = (outcome: string): Seen => ({ run: 'r', state: 'ended', outcome });
const open = (state: RunCard['state']): Seen => ({ run: 'r', state, outcome: undefined });

test.for([
  ['no run at all', [], undefined, true, 0],
  ['a command that was not carried out', [ended('succeeded')], undefined, false, 1],
  ['succeeded', [ended('succeeded')], undefined, true, 0],
  ['planned', [ended('planned')], 'approve', true, 0],
  ['nothing to do', [ended('nothing-to-do')], 'approve', true, 0],
  ['one of two failed', [ended('succeeded'), ended('failed')], 'approve', true, 1],
  ['rejected without being asked to', [ended('rejected')], 'approve', true, 1],
  ['rejected as asked', [ended('rejected')], 'reject', true, 0],
  ['--reject with nothing rejected', [ended('nothing-to-do')], 'reject', true, 1],
  ['waiting for people without a flag', [open('waiting-for-people')], undefined, true, 2],
  ['waiting and failed', [open('waiting-for-people'), ended('failed')], undefined, true, 1],
  ['waiting for people with a flag', [open('waiting-for-people')], 'approve', true, 1],
  ['still running', [open('running')], undefined, true, 1],
] as const)('%s', ([, cards, verdict, carriedOut, code]) => {
  expect(judge(cards, verdict, carriedOut, () => undefined)).toBe(code);
});
