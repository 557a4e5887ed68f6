import { describe, expect, test } from 'vitest';
import { phaseOf } from '../../../src/core/run-state.ts';
import { stateInWords } from '../../../src/core/wording.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';

const LOCK = 'cluster/prod/valves';

async function markOf(scene: ControlScene): Promise<string> {
  return (await scene.as('U0ANA').locks())[0]?.mark ?? '';
}

describe('a lock by hand', () => {
  test('ends a run that meets it, and says who, since when and why', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').lock('prod', 'investigating latency');
    const runId = await scene.harness.start([LOCK]);
    const state = await scene.harness.drive(runId);
    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'locked-by-hand' });
    const evidence = state.plan?.checks.find((check) => check.id === 'lock-by-hand')?.evidence;
    expect(evidence).toBe(
      'cluster/prod is held by <@U0ANA> by hand since 2026-01-01T03:00:00.000Z: investigating latency',
    );
  });

  test('set after the plan, it ends the run before the locks', async () => {
    const scene = createControlScene();
    const runId = await scene.harness.start([LOCK]);
    await scene.harness.drive(runId);
    await scene.as('U0ANA').lock('prod', 'investigating latency');
    await scene.harness.approve(runId);
    const state = await scene.harness.drive(runId, 'later', 5);
    expect(state.ended).toMatchObject({ reason: 'locked-by-hand' });
    expect(state.ended?.note).toContain('<@U0ANA> by hand');
  });

  test('is waited for with --wait, and the run goes on when it is unlocked', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').lock('prod', 'investigating latency');
    const runId = await scene.harness.start([LOCK], { wait: true });
    await scene.harness.drive(runId);
    await scene.harness.approve(runId);
    const waiting = await scene.harness.drive(runId, 'later', 20);
    expect(phaseOf(waiting)).toBe('waiting-for-lock');
    expect(stateInWords(waiting)).toContain('locked by hand: investigating latency');
    expect((await scene.audited()).filter((action) => action === 'lock-wait')).toHaveLength(1);
    await scene.as('U0ANA').unlock('prod', null);
    expect((await scene.harness.drive(runId, 'free', 20)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  test('is refused while a run works, with the way out', async () => {
    const scene = createControlScene([], { run: () => ({ kind: 'again', afterMs: 60_000, state: null, note: '' }) });
    const runId = await scene.harness.start([LOCK]);
    await scene.harness.drive(runId);
    await scene.harness.approve(runId);
    await scene.harness.drive(runId, 'later', 3);
    const refused = await scene.as('U0ANA').lock('prod', 'mine');
    expect(refused).toMatchObject({ ok: false, reason: 'lock-held' });
    expect(!refused.ok && refused.why).toContain(`/kube cancel ${runId}`);
    const unlocked = await scene.as('U0ANA').unlock('prod', null);
    expect(unlocked).toMatchObject({ ok: false, reason: 'held-by-run' });
    expect(!unlocked.ok && unlocked.why).toContain(`/kube cancel ${runId}`);
  });

  test('of two people one gets it', async () => {
    const scene = createControlScene();
    const answers = await Promise.all([scene.as('U0ANA').lock('prod', 'one'), scene.as('U0BEN').lock('prod', 'two')]);
    expect(answers.map((each) => (each.ok ? 'ok' : each.reason)).toSorted()).toEqual(['locked-by-hand', 'ok']);
    expect(await scene.audited()).toEqual(['hand-lock']);
  });
});

describe('unlocking', () => {
  test('your own goes at once; that of somebody else is shown first, and goes by its mark', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').lock('prod', 'one');
    const shown = await scene.as('U0BEN').unlock('prod', null);
    expect(shown).toMatchObject({ ok: false, reason: 'lock-not-shown' });
    expect(!shown.ok && shown.why).toContain(`/kube unlock prod --seen ${await markOf(scene)}`);
    expect(await scene.as('U0BEN').unlock('prod', await markOf(scene))).toMatchObject({ ok: true });
    expect(await scene.audited()).toEqual(['hand-lock', 'hand-unlock']);
  });

  test('a lock that changed since it was shown stays', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').lock('prod', 'one');
    const mark = await markOf(scene);
    await scene.as('U0ANA').unlock('prod', null);
    await scene.as('U0ANA').lock('prod', 'another');
    const late = await scene.as('U0BEN').unlock('prod', mark);
    expect(late).toMatchObject({ ok: false, reason: 'lock-changed' });
    expect(!late.ok && late.why).toContain('another');
    expect(await scene.as('U0ANA').locks()).toHaveLength(1);
  });

  test('nothing locked is said so', async () => {
    expect(await createControlScene().as('U0ANA').unlock('prod', null)).toMatchObject({ reason: 'not-locked' });
  });
});
