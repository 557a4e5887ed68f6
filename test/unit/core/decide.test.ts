import { describe, expect, test } from 'vitest';
import type { RunDesk } from '../../../src/core/command.ts';
import { runToDecide } from '../../../src/core/decide.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { GATE_OPENED, PLANNED, REQUESTED, stateOf } from '../../support/sample-run.ts';

const WAITING = stateOf([REQUESTED, PLANNED, GATE_OPENED]);

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('nobody votes here'));
}

/** A desk on which these runs wait; the newest first. */
function deskWith(waiting: readonly RunState[]): RunDesk {
  return {
    list: unasked,
    find: unasked,
    findToDecide: async (id) => await Promise.resolve(waiting.find((run) => run.id === id || id === 'latest') ?? null),
    findToCancel: unasked,
    waiting: async (most) => await Promise.resolve(waiting.slice(0, most)),
    vote: unasked,
    cancel: unasked,
  };
}

function waitingRuns(count: number): readonly RunState[] {
  return Array.from({ length: count }, (_, index) => ({ ...WAITING, id: `defrag-prod-${index}` }));
}

describe('the run that is decided about', () => {
  test('is the latest where no other waits', async () => {
    expect(await runToDecide(deskWith([WAITING]), 'latest')).toEqual({ run: WAITING });
  });

  test.each([
    [2, 'These wait: defrag-prod-0, defrag-prod-1.'],
    [7, 'These wait: defrag-prod-0, defrag-prod-1, defrag-prod-2, defrag-prod-3, defrag-prod-4 and others.'],
  ])('is not the latest while %i wait: refused, and they are named', async (count, words) => {
    const found = await runToDecide(deskWith(waitingRuns(count)), 'latest');

    expect(found).toMatchObject({ answer: { kind: 'refused', reason: 'several-gates-open' } });
    expect(JSON.stringify(found)).toContain(words);
  });

  test('is the one that is named, however many wait', async () => {
    const [first, second] = waitingRuns(2);

    expect(await runToDecide(deskWith(waitingRuns(2)), 'defrag-prod-1')).toEqual({ run: second });
    expect(await runToDecide(deskWith(waitingRuns(2)), 'defrag-prod-0')).toEqual({ run: first });
  });

  test('is none where there is no such run', async () => {
    const found = await runToDecide(deskWith([]), 'latest');

    expect(found).toMatchObject({ answer: { reason: 'unknown-run' } });
  });
});
