import { describe, expect, test } from 'vitest';
import { undoRecordsOf } from '../../../../src/core/undo-record.ts';
import { createStepHarness } from '../../../support/step-harness.ts';
import type { CrashPoint } from '../../../support/step-world.ts';
import { createToy, type Toy } from '../../../support/toy-groups.ts';

const CHANGE = { group: 'a', from: 'v1.30.6', to: 'v1.31.4' };

function scene(toy: Toy = createToy(['a', 'v1.30.6', 3])) {
  const harness = createStepHarness({ cluster: { platform: 'gke' } });
  const { apply, roll, verify } = toy.steps;
  const steps = [apply.plan(CHANGE), roll.plan(CHANGE), verify.plan(CHANGE)];
  return {
    toy,
    harness,
    run: async () => await harness.run(toy.runbook, steps),
    end: async () => await harness.restoreCleanups(toy.runbook),
  };
}

describe('a change that others carry out', () => {
  test('is applied once, watched to its end and verified; nothing is held', async () => {
    const { toy, harness, run, end } = scene();

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(toy.calls).toEqual(['set a v1.31.4']);
    expect(harness.words.join('\n')).toContain('1 of 3: a-1 is replaced');
    expect((await end()).size).toBe(0);
    expect(toy.groups.get('a')?.paused).toBe(false);
  });

  test('leaves what undo needs', async () => {
    const { harness, run } = scene();
    await run();

    expect(harness.outputs[0]).toMatchObject({
      undo: { kind: 'group', provider: 'toy', group: 'nodegroup/a', change: CHANGE },
    });
    const steps = harness.outputs.map((output, index) => ({
      index,
      status: 'done' as const,
      attempts: 1,
      startedAt: '',
      doneAt: '',
      output,
      note: '',
    }));
    expect(undoRecordsOf({ steps })).toHaveLength(1);
  });

  test.each<CrashPoint>(['cleanup-registered', 'intent-stored', 'call-made', 'observed-stored', 'cleaned-up'])(
    'ends the same when the worker dies at %s',
    async (point) => {
      const { toy, harness, run } = scene();
      harness.crashAt(point, 1);

      expect(await run()).toMatchObject({ kind: 'done' });
      expect(harness.deaths()).toBe(1);
      expect(toy.calls).toEqual(['set a v1.31.4']);
      expect(toy.groups.get('a')?.nodes.every(({ version }) => version === 'v1.31.4')).toBe(true);
    },
  );

  test('is not applied when somebody set another version after the approval', async () => {
    const { toy, run } = scene();
    const group = toy.groups.get('a');
    if (group !== undefined) group.wanted = 'v1.31.9';

    expect(await run()).toMatchObject({
      kind: 'stop',
      reason: 'plan-drifted',
      note: expect.stringContaining('v1.31.9'),
    });
    expect(toy.calls).toEqual([]);
  });

  test('whose call got no answer is looked at, not repeated', async () => {
    const { toy, run } = scene();
    toy.answers.push({ ok: false, error: { code: 'unknown-outcome', message: 'time-out' } });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(toy.calls).toEqual(['set a v1.31.4']);
  });

  test('that a webhook refuses ends without being begun, and nothing is held', async () => {
    const { toy, run, end } = scene();
    toy.answers.push({ ok: false, error: { code: 'refused', message: 'admission webhook says no' } });

    expect(await run()).toMatchObject({
      kind: 'stop',
      reason: 'api-refused',
      note: expect.stringContaining('says no'),
    });
    await end();
    expect(toy.calls).toEqual(['set a v1.31.4']);
  });
});

describe('a roll-out', () => {
  test('that stands still ends, and is held', async () => {
    const { toy, harness, run, end } = scene();
    toy.stands = true;
    const began = harness.clock.nowMs();

    expect(await run()).toMatchObject({ reason: 'roll-stalled', note: 'Nothing moved for 30 min: a-1 is replaced.' });
    expect(harness.clock.nowMs() - began).toBeLessThan(31 * 60_000);
    expect((await end()).size).toBe(0);
    expect(toy.groups.get('a')?.paused).toBe(true);
    expect(toy.calls).toEqual(['set a v1.31.4', 'pause a']);
  });

  test('that is held twice is held once', async () => {
    const { toy, harness, run, end } = scene();
    toy.stands = true;
    await run();
    harness.crashAt('cleanup-restored', 1);

    expect((await end()).size).toBe(0);
    expect(toy.calls.filter((call) => call === 'pause a')).toHaveLength(1);
  });

  test('is not called still for the time in which no worker was there', async () => {
    const { toy, harness, run } = scene();
    toy.onLook = async (looks) => {
      if (looks === 2) await harness.clock.advance(3_600_000);
      toy.stands = looks < 5;
    };

    expect(await run()).toMatchObject({ kind: 'done' });
  });

  test.each([
    ['management', 'management-silent', 15],
    ['workload', 'cluster-silent', 10],
  ] as const)('whose %s cluster is silent is waited for, then given up', async (what, reason, minutes) => {
    const { toy, harness, run } = scene();
    for (let looks = 0; looks < 400; looks += 1) toy.looks.push({ kind: 'unseen', what, words: 'connection refused' });
    const began = harness.clock.nowMs();

    const ended = await run();
    expect(ended).toMatchObject({ kind: 'stop', reason, note: expect.stringContaining('connection refused') });
    expect(Math.round((harness.clock.nowMs() - began) / 60_000)).toBe(minutes);
  });

  test('goes on when the API server comes back after its restart', async () => {
    const { toy, harness, run } = scene();
    for (let looks = 0; looks < 60; looks += 1)
      toy.looks.push({ kind: 'unseen', what: 'workload', words: 'connection refused' });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(harness.words.some((words) => words.includes('it is looked at again'))).toBe(true);
  });

  test('that will not get there by itself ends with the words of who looked', async () => {
    const { toy, harness, run } = scene();
    const tree = ['a v1.30.6'];
    toy.looks.push({ kind: 'stopped', reason: 'change-reverted', words: 'capi-topology set it back to v1.30.6', tree });

    expect(await run()).toMatchObject({ reason: 'change-reverted', note: 'capi-topology set it back to v1.30.6.' });
    expect(harness.trees.at(-1)).toEqual(tree);
  });

  test('that is said to be done is not believed: every node is looked at', async () => {
    const { toy, run } = scene();
    toy.lies = true;

    expect(await run()).toMatchObject({
      reason: 'not-on-target',
      step: 2,
      note: 'a-1 is at v1.30.6; a-2 is at v1.30.6; a-3 is at v1.30.6.',
    });
  });

  test.each([
    ['management', 'management-silent', 15],
    ['workload', 'cluster-silent', 10],
  ] as const)(
    'whose %s cluster is silent at the end is no group that is not at the target',
    async (what, reason, minutes) => {
      const { toy, harness, run } = scene();
      for (let looks = 0; looks < 400; looks += 1) toy.lastLooks.push({ kind: 'unseen', what, words: 'no route' });
      const began = harness.clock.nowMs();

      expect(await run()).toMatchObject({ kind: 'stop', reason, step: 2, note: expect.stringContaining('no route') });
      expect(Math.round((harness.clock.nowMs() - began) / 60_000)).toBe(minutes);
    },
  );

  test.each(['looks', 'lastLooks'] as const)(
    'that may not be looked at is told so, and not that its cluster is silent (%s)',
    async (when) => {
      const { toy, harness, run } = scene();
      const refusal = {
        kind: 'unseen',
        what: 'workload',
        reason: 'access-refused',
        words: 'nodes is forbidden',
      } as const;
      for (let looks = 0; looks < 400; looks += 1) toy[when].push(refusal);

      expect(await run()).toMatchObject({
        kind: 'stop',
        reason: 'access-refused',
        note: 'The API server of the cluster could not be looked at (nodes is forbidden) for 10 min.',
      });
      expect(harness.words.join('\n')).not.toContain('does not answer');
    },
  );

  test.each([1, 2])('ends by what its last looks saw, of a refusal and of silence (%s)', async (refusals) => {
    const { toy, run } = scene();
    const silence = { kind: 'unseen', what: 'management', words: 'no route' } as const;
    for (let looks = 0; looks < 400; looks += 1)
      toy.lastLooks.push(looks < refusals ? { ...silence, reason: 'access-refused' } : silence);

    expect(await run()).toMatchObject({ reason: 'management-silent' });
  });

  test('whose last looks come from a worker that was away is not called silent for that time', async () => {
    const { toy, harness, run } = scene();
    const silence = { kind: 'unseen', what: 'workload', words: 'no route' } as const;
    toy.lastLooks.push(silence, silence);
    toy.onLastLook = async (left) => {
      if (left === 1) await harness.clock.advance(1_200_000);
    };

    expect(await run()).toMatchObject({ kind: 'done' });
  });

  test('whose API server comes back before the end is verified', async () => {
    const { toy, run } = scene();
    for (let looks = 0; looks < 100; looks += 1)
      toy.lastLooks.push({ kind: 'unseen', what: 'workload', words: 'connection refused' });

    expect(await run()).toMatchObject({ kind: 'done' });
  });

  test('whose run ends between its call and the first look is held', async () => {
    const { toy, harness, end } = scene();
    await harness.run(toy.runbook, [toy.steps.apply.plan(CHANGE)]);
    await end();

    expect(toy.calls).toEqual(['set a v1.31.4', 'pause a']);
  });
});
