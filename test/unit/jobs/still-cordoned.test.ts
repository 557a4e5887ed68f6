import { expect, test } from 'vitest';
import { stillCordoned } from '../../../jobs/steps/drain/uncordon-cleanup.ts';

const REFUSED = { name: 'worker-1', code: 'forbidden', why: 'worker-1 is still cordoned: not allowed' } as const;
const AWAY = { name: 'worker-2', code: 'unreachable', why: 'worker-2 is still cordoned: no answer' } as const;
const WORDS =
  'worker-1 is still cordoned: not allowed; worker-2 is still cordoned: no answer. By hand: kubectl uncordon worker-1 worker-2 && kubectl annotate node worker-1 worker-2 drydock.dev/cordoned-by-';

test('a node that is refused for good does not keep the others from being tried again', () => {
  expect(stillCordoned([REFUSED, AWAY])).toEqual({ notYet: WORDS });
});

test('when trying again helps none of them, it is given up, with the command for all', () => {
  expect(stillCordoned([REFUSED])).toBe(
    `${REFUSED.why}. By hand: kubectl uncordon worker-1 && kubectl annotate node worker-1 drydock.dev/cordoned-by-`,
  );
});

test('nothing is left when all are open', () => {
  expect(stillCordoned([])).toBeNull();
});
