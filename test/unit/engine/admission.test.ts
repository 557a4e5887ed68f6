import { describe, expect, test } from 'vitest';
import type { Freeze } from '../../../src/core/freeze.ts';
import { phaseOf, type RunState } from '../../../src/core/run-state.ts';
import type { WindowSpec } from '../../../src/core/window.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';
import { createFakeControlStore, type FakeControlStore } from '../../fakes/control-store.ts';
import { operator } from '../../support/engine-harness.ts';
import { createScriptedScene, DONE, type Script, type ScriptedScene } from '../../support/scripted-runbook.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOCK = 'cluster/prod/valves';
const WINDOW: WindowSpec = { cron: 'nightly', tz: 'UTC', durationMs: 4 * HOUR_MS };

interface Timed extends ScriptedScene {
  readonly control: FakeControlStore;
  freeze(over?: Partial<Freeze>): Promise<void>;
  waitUntil(ms: number): Promise<void>;
}

/** A scene whose cluster has a window that opens at these times after the start, ms; `null`: no windows. */
function timed(opens: readonly number[] | null, over: Partial<Script> = {}): Timed {
  const scene = createScriptedScene({ ...over });
  const { harness, store } = scene;
  const start = harness.clock.nowMs();
  const control = createFakeControlStore(store.memory);
  const calendar = createFakeCalendar(new Map([['nightly', (opens ?? []).map((ms) => start + ms)]]));
  harness.admission = { control, calendar, windows: () => (opens === null ? [] : [WINDOW]) };
  return {
    ...scene,
    control,
    freeze: async (given = {}) => {
      const value = {
        cluster: 'prod',
        by: operator,
        at: harness.clock.nowIso(),
        until: null,
        untilWords: '',
        reason: 'holiday',
        request: 'k',
        ...given,
      };
      const current = await control.read('freeze', 'prod');
      await control.write({ kind: 'freeze', key: 'prod', seen: current?.revision ?? null, value, audit: [] });
    },
    waitUntil: async (ms) => await harness.clock.advance(start + ms - harness.clock.nowMs()),
  };
}

async function approved(scene: ScriptedScene): Promise<string> {
  const runId = await scene.harness.start([LOCK]);
  await scene.harness.drive(runId);
  const word = await scene.harness.approve(runId);
  expect(word.ok).toBe(true);
  return runId;
}

async function driven(scene: ScriptedScene, runId: string): Promise<RunState> {
  return await scene.harness.drive(runId, 'later', 5);
}

async function audited(scene: ScriptedScene): Promise<readonly string[]> {
  return (await scene.store.auditEntries(0, 500)).map(({ entry }) => entry.action);
}

describe('a frozen cluster', () => {
  test('refuses a request that changes something, says who and why, and audits it', async () => {
    const scene = timed(null);
    await scene.freeze();
    expect(await scene.harness.ask([LOCK])).toEqual({
      kind: 'refused',
      reason: 'cluster-frozen',
      why: `prod is frozen until somebody lifts it by <@${operator.user}>: holiday.`,
    });
    expect((await scene.store.auditEntries(0, 9)).map(({ entry }) => entry.reason)).toEqual(['cluster-frozen']);
  });

  test('lets a dry run through', async () => {
    const scene = timed(null);
    await scene.freeze();
    const runId = await scene.harness.start([LOCK], { dryRun: true });
    expect((await scene.harness.drive(runId)).ended).toMatchObject({ outcome: 'planned' });
  });

  test('is free from its instant on, also when nobody removed the freeze', async () => {
    const scene = timed(null);
    const until = new Date(scene.harness.clock.nowMs() + HOUR_MS).toISOString();
    await scene.freeze({ until, untilWords: 'then' });
    await scene.waitUntil(HOUR_MS - 1);
    expect(await scene.harness.ask([LOCK])).toMatchObject({ reason: 'cluster-frozen' });
    await scene.waitUntil(HOUR_MS);
    expect(await scene.harness.ask([LOCK])).toMatchObject({ kind: 'queued' });
  });

  test('ends a run that was approved before, without taking a lock', async () => {
    const scene = timed(null);
    const runId = await approved(scene);
    await scene.freeze();
    const state = await driven(scene, runId);
    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
    expect(state.ended?.note).toContain('holiday');
    expect(await audited(scene)).not.toContain('lock');
  });

  test('lets the step under way end, and ends the run before the next one', async () => {
    const scene = timed(null, { risks: ['reversible', 'disruptive', 'read'] });
    scene.script.run = async () => {
      await scene.freeze();
      return DONE;
    };
    const state = await driven(scene, await approved(scene));
    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
    expect(state.steps.map((step) => step.status)).toEqual(['done', 'pending', 'pending']);
    expect(await scene.store.locks()).toEqual([]);
  });

  test('lets a run of which only reading is left come to its end; a step sees it when it asks', async () => {
    const scene = timed(null, { risks: ['disruptive', 'read'] });
    const seen: boolean[] = [];
    scene.script.run = async (context) => {
      seen.push(await context.frozen());
      if (seen.length === 1) await scene.freeze();
      return DONE;
    };
    const state = await driven(scene, await approved(scene));
    expect(state.ended).toMatchObject({ outcome: 'succeeded' });
    expect(seen).toEqual([false, true]);
  });

  test('a freeze that cannot be read holds', async () => {
    const scene = timed(null);
    scene.control.spoil('freeze', 'prod', '{"until":');
    expect(await scene.harness.ask([LOCK])).toMatchObject({ reason: 'cluster-frozen' });
  });
});

describe('outside its window', () => {
  test('a run is planned and approved, waits without locks, and starts by itself at the opening', async () => {
    const scene = timed([5 * HOUR_MS]);
    const runId = await approved(scene);
    const waiting = await driven(scene, runId);
    expect(phaseOf(waiting)).toBe('waiting-for-window');
    expect(waiting.windowWait?.words).toBe('2026-01-01T08:00 UTC');
    expect(await scene.store.locks()).toEqual([]);
    await scene.waitUntil(5 * HOUR_MS - 1000);
    expect((await scene.harness.state(runId)).ended).toBeNull();
    await scene.waitUntil(5 * HOUR_MS);
    expect((await driven(scene, runId)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  test('the wait is told and audited once, however often it is looked at', async () => {
    const scene = timed([5 * HOUR_MS]);
    const runId = await approved(scene);
    for (let look = 0; look < 10; look += 1) {
      await driven(scene, runId);
      await scene.harness.clock.advance(10 * MINUTE_MS);
    }
    expect((await audited(scene)).filter((action) => action === 'window-wait')).toHaveLength(1);
  });

  test('the approval stands until the opening and its own time after that, then no longer', async () => {
    const scene = timed([5 * HOUR_MS]);
    const late = await approved(scene);
    await driven(scene, late);
    // Nobody was there at the opening.
    await scene.waitUntil(5 * HOUR_MS + 30 * MINUTE_MS);
    expect((await driven(scene, late)).ended).toMatchObject({ outcome: 'expired', reason: 'approval-stale' });
  });

  test('an approval is not carried from a window that was slept through to the next one', async () => {
    const scene = timed([HOUR_MS, 25 * HOUR_MS]);
    const runId = await approved(scene);
    await driven(scene, runId);
    await scene.waitUntil(6 * HOUR_MS);
    expect((await driven(scene, runId)).ended).toMatchObject({ reason: 'approval-stale' });
  });

  test('a freeze ends the wait', async () => {
    const scene = timed([5 * HOUR_MS]);
    const runId = await approved(scene);
    await driven(scene, runId);
    await scene.freeze();
    await scene.harness.clock.advance(6 * MINUTE_MS);
    expect((await driven(scene, runId)).ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
  });

  test('a cancel ends the wait', async () => {
    const scene = timed([5 * HOUR_MS]);
    const runId = await approved(scene);
    await driven(scene, runId);
    await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: null });
    expect((await driven(scene, runId)).ended).toMatchObject({ outcome: 'cancelled' });
  });

  test('a window that closes lets the step under way end, and ends the run before the next one', async () => {
    const scene = timed([0], { risks: ['disruptive', 'disruptive', 'read'], timeoutMs: 24 * HOUR_MS });
    let turns = 0;
    scene.script.run = () => {
      turns += 1;
      return turns === 1 ? { kind: 'again', afterMs: 5 * HOUR_MS, state: null, note: 'still working' } : DONE;
    };
    const runId = await approved(scene);
    await driven(scene, runId);
    await scene.waitUntil(6 * HOUR_MS);
    scene.harness.admission = { ...scene.harness.admission, windows: () => [WINDOW, { ...WINDOW, cron: 'later' }] };
    const state = await driven(scene, runId);
    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'window-closed' });
    expect(state.steps.map((step) => step.status)).toEqual(['done', 'pending', 'pending']);
    expect(await scene.store.locks()).toEqual([]);
  });

  test('a clock that jumps is looked at anew: back it waits on, ahead it starts', async () => {
    const scene = timed([HOUR_MS]);
    const runId = await approved(scene);
    await driven(scene, runId);
    const { clock } = scene.harness;
    const still = { ...clock };
    const real = (): number => still.nowMs();
    let shiftMs = 50 * MINUTE_MS;
    Object.assign(clock, { nowMs: () => real() + shiftMs, nowIso: () => new Date(real() + shiftMs).toISOString() });
    expect(phaseOf(await driven(scene, runId))).toBe('waiting-for-window');
    shiftMs = -HOUR_MS;
    expect(phaseOf(await driven(scene, runId))).toBe('waiting-for-window');
    shiftMs = HOUR_MS;
    expect((await driven(scene, runId)).ended).toMatchObject({ outcome: 'succeeded' });
  });
});

async function ask(scene: ScriptedScene, flags: readonly string[], dryRun = false): Promise<RunState | null> {
  const result = await scene.harness.desk.request({
    actor: operator,
    order: { runbook: 'valve-turn', cluster: 'prod', params: { valves: [LOCK] }, dryRun, waitForLock: false },
    command: 'valve',
    policyVerb: 'valve',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube valve prod --outside-window',
    idempotencyKey: 'override',
    flags,
  });
  return result.kind === 'refused' ? null : await scene.harness.state(result.runId);
}

describe('the override', () => {
  test('counts when the window is closed, and the run does not wait', async () => {
    const scene = timed([5 * HOUR_MS]);
    const state = await ask(scene, ['outside-window']);
    expect(state?.request?.outsideWindow).toBe(true);
    await scene.harness.drive(state?.id ?? '');
    await scene.harness.approve(state?.id ?? '');
    expect((await driven(scene, state?.id ?? '')).ended).toMatchObject({ outcome: 'succeeded' });
  });

  test('does not count when the window was open: the run waits if it has closed meanwhile', async () => {
    const scene = timed([0, 24 * HOUR_MS]);
    await scene.waitUntil(4 * HOUR_MS - MINUTE_MS);
    const state = await ask(scene, ['outside-window']);
    expect(state?.request?.outsideWindow).toBe(false);
    await scene.harness.drive(state?.id ?? '');
    await scene.waitUntil(4 * HOUR_MS + MINUTE_MS);
    await scene.harness.approve(state?.id ?? '');
    expect(phaseOf(await driven(scene, state?.id ?? ''))).toBe('waiting-for-window');
  });

  test('of a dry run is judged and shown as that of the run', async () => {
    const scene = timed([5 * HOUR_MS]);
    const state = await ask(scene, ['outside-window'], true);
    expect(state?.request?.outsideWindow).toBe(true);
    const planned = await scene.harness.drive(state?.id ?? '');
    expect(planned.ended?.outcome).toBe('planned');
    expect(planned.plan?.checks.find((check) => check.id === 'window')?.title).toBe(
      'Runs outside the maintenance window, as asked',
    );
  });

  test('never overrides a freeze', async () => {
    const scene = timed([5 * HOUR_MS]);
    await scene.freeze();
    expect(await ask(scene, ['outside-window'])).toBeNull();
  });
});

describe('while the control store is away', () => {
  test('nothing is requested', async () => {
    const scene = timed(null);
    scene.control.failures.setDown(true);
    await expect(scene.harness.ask([LOCK])).rejects.toThrow('cannot be reached');
  });

  test('nothing is begun, and the run goes on when it is back', async () => {
    const scene = timed(null);
    const runId = await approved(scene);
    scene.control.failures.setDown(true);
    const turn = scene.harness.engine('w').advance(runId, new AbortController().signal);
    expect(await scene.harness.through(turn)).toMatch(/failed|lost/);
    expect((await scene.harness.state(runId)).locks).toBeNull();
    scene.control.failures.setDown(false);
    await scene.harness.clock.advance(MINUTE_MS);
    expect((await driven(scene, runId)).ended).toMatchObject({ outcome: 'succeeded' });
  });
});
