import { describe, expect, it } from 'vitest';
import { endWords } from '../../../src/core/left-midway.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { openAct, type RunState } from '../../../src/core/run-state.ts';
import type { WindowSpec } from '../../../src/core/window.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';
import { createFakeControlStore } from '../../fakes/control-store.ts';
import { operator } from '../../support/engine-harness.ts';
import { make, stateOf } from '../../support/run-samples.ts';
import { freezeProd } from '../../support/run-scene.ts';
import { createScriptedScene, DONE, type ScriptContext, type ScriptedScene } from '../../support/scripted-runbook.ts';

const LOCK = 'cluster/prod/valves';
const HOUR_MS = 3_600_000;
const WINDOW: WindowSpec = { cron: 'nightly', tz: 'UTC', durationMs: HOUR_MS };

type Seen = 'done' | 'not-done';

interface Ended extends RunState {
  /** What stood against steps that were begun all the same, in the record and in the audit log. */
  readonly told: readonly string[];
  readonly audited: readonly string[];
}

/** A run that cuts something in its second step and mends it in the third; what happens right after the cut is the test's. */
async function cutRun(commits: boolean, seen: Seen, after: (scene: ScriptedScene) => Promise<void>): Promise<Ended> {
  const scene = createScriptedScene({ risks: ['disruptive', 'irreversible', 'disruptive', 'read'], commits });
  const { harness, store, script } = scene;
  const control = createFakeControlStore(store.memory);
  const calendar = createFakeCalendar(new Map([['nightly', [harness.clock.nowMs()]]]));
  harness.admission = { control, calendar, windows: () => [WINDOW] };
  script.run = async (context) => {
    if (context.idempotencyKey.endsWith('/1') && context.acts.length === 0) {
      await cut(context, seen);
      await after(scene);
    }
    return DONE;
  };
  const runId = await harness.start([LOCK]);
  await harness.drive(runId);
  await harness.approve(runId);
  const state = await harness.drive(runId, 'later', 20);
  const events = (await store.read(runId))?.events.map((event) => RunEvent.parse(event)) ?? [];
  const told = events.map((event) => (event.type === 'step-started' ? (event.despite ?? null) : null));
  const audited = (await store.auditEntries(0, 500)).map(({ entry }) => entry.detail['despite'] ?? null);
  return { ...state, told: told.filter(isText), audited: audited.filter(isText) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

async function cut(context: ScriptContext, result: Seen): Promise<void> {
  await context.act({ item: 'a', action: 'cut', facts: null }, async () => await Promise.resolve());
  await context.observed({ result, note: '', evidence: null });
}

async function freeze({ harness }: ScriptedScene): Promise<void> {
  await freezeProd(harness, operator);
}

async function outOfWindow({ harness }: ScriptedScene): Promise<void> {
  await harness.clock.advance(2 * HOUR_MS);
}

/** How a run ends whose first step cuts and whose second one stops. */
async function stoppedBehind(
  commits: boolean,
  reason: 'plan-drifted' | 'quorum-at-risk' | 'controller-refused',
  note = 'why',
): Promise<RunState['ended']> {
  const scene = createScriptedScene({ risks: ['irreversible', 'disruptive'], commits });
  scene.script.run = async (context) => {
    if (!context.idempotencyKey.endsWith('/0')) return { kind: 'stop', reason, note };
    await cut(context, 'done');
    return DONE;
  };
  const runId = await scene.harness.start([LOCK]);
  await scene.harness.drive(runId);
  await scene.harness.approve(runId);
  return (await scene.harness.drive(runId, 'w', 20)).ended;
}

describe('after the call that commits a run', () => {
  it.each([
    ['a freeze', freeze, /prod is frozen until somebody lifts it by <@U0OP>: holiday; stopping here/],
    ['the end of its window', outOfWindow, /the maintenance window is closed; stopping here/],
  ])('%s does not end it; the record says that it goes on, and why', async (_what, happen, words) => {
    const state = await cutRun(true, 'done', happen);

    expect(state.ended).toMatchObject({ outcome: 'succeeded' });
    expect(openAct(state)).toBeNull();
    expect(state.steps.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
    expect(state.told).toEqual([expect.stringMatching(words)]);
    expect(state.audited).toEqual(state.told);
  });

  it('a run that is stopped needs a person, in words that do not say that nothing was touched', async () => {
    expect(await stoppedBehind(true, 'plan-drifted')).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'left-midway',
      note: 'It stopped with "plan-drifted": why',
    });
    expect(await stoppedBehind(true, 'quorum-at-risk', '')).toMatchObject({
      reason: 'left-midway',
      note: expect.stringMatching(/^It stopped with "quorum-at-risk": It could not be seen/),
    });
    // Its own words hold.
    expect(await stoppedBehind(true, 'controller-refused')).toMatchObject({
      outcome: 'failed',
      reason: 'controller-refused',
    });
    expect(await stoppedBehind(false, 'plan-drifted')).toMatchObject({ outcome: 'drifted', reason: 'plan-drifted' });
  });

  it.each([
    ['a freeze', freeze, 'cluster-frozen'],
    ['the end of its window', outOfWindow, 'window-closed'],
  ])('without effect of that call %s ends it as any other', async (_what, happen, reason) => {
    expect((await cutRun(true, 'not-done', happen)).ended).toMatchObject({ outcome: 'blocked', reason });
  });

  it('steps that do not commit are ended by a freeze, as before', async () => {
    expect((await cutRun(false, 'done', freeze)).ended).toMatchObject({ reason: 'cluster-frozen' });
  });

  it.each([
    [true, /^It ended while a member was being replaced\. Take it that no further member may fail/],
    [false, /^$/],
  ])('a cancel ends it; committed %s: the note says what holds then', async (commits, note) => {
    const state = await cutRun(commits, 'done', async ({ harness }) => {
      const [run] = await harness.store.unfinished();
      await harness.desk.cancel({ runId: run ?? '', actor: operator, idempotencyKey: 'c' });
    });

    expect(state.ended).toMatchObject({ outcome: 'cancelled', note: expect.stringMatching(note) });
  });

  it('what people say when they reject it is kept before that', () => {
    const [step] = make.planned().plan.steps;
    const plan = make.planned({ steps: step === undefined ? [] : [{ ...step, commits: true }] });
    const events = [make.requested(), plan, make.started(), make.intent()];

    expect(endWords(stateOf(...events), { reason: 'rejected', note: 'wrong node' }).note).toMatch(
      /^wrong node\. It ended while a member/,
    );
  });
});
