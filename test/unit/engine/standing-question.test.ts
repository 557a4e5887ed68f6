import { expect, test } from 'vitest';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun } from '../../../src/core/run-state.ts';
import type { RunRecord } from '../../../src/core/run-types.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { approver } from '../../support/engine-harness.ts';
import { DONE } from '../../support/scripted-runbook.ts';
import { asked, fired, granted, runsOf, TIMES } from '../../support/standing-scene.ts';

/** What runs were made of before there were standing approvals. This list never grows. */
const TYPES_BEFORE: ReadonlySet<string> = new Set([
  'requested',
  'planned',
  'gate-opened',
  'voted',
  'gate-settled',
  'gate-reminded',
  'gate-escalated',
  'lock-waiting',
  'window-waiting',
  'locks-taken',
  'step-started',
  'intent',
  'observed',
  'step-done',
  'cleanup-registered',
  'cleanup-done',
  'cleanup-failed',
  'cancel-requested',
  'ending',
  'ended',
]);

/** An event as a version before standing approvals reads it: it takes a question for a run, and knows no newer types. */
function readBefore(raw: unknown): unknown {
  const event = RunEvent.parse(raw);
  if (!TYPES_BEFORE.has(event.type)) return { ...event, type: `${event.type}-is-not-known` };
  if (event.type !== 'requested') return event;
  const { standingQuestion: _, ...request } = event.request;
  // It looks at `dryRun` only when it plans, and the run is planned.
  return { ...event, request: { ...request, dryRun: false } };
}

/** The store as that version sees it. `kept`: whether it meets the events that it does not know. */
function storeBefore(store: RunStore, kept = true): RunStore {
  const seen = (record: RunRecord): RunRecord => {
    const events = record.events.filter((raw) => kept || TYPES_BEFORE.has(RunEvent.parse(raw).type));
    return { ...record, events: events.map(readBefore) };
  };
  return {
    ...store,
    read: async (runId) => {
      const record = await store.read(runId);
      return record === null ? null : seen(record);
    },
  };
}

/** A question that was approved, and how a worker of that version advances it; `calls`: what it did to the cluster. */
async function approvedQuestion() {
  const calls: string[] = [];
  const scene = createControlScene(TIMES, {
    run: () => {
      calls.push('run');
      return DONE;
    },
  });
  const { id } = await asked(scene);
  const advance = async (kept: boolean) => {
    const deps = scene.harness.deps('before');
    const engine = createEngine({ ...deps, store: storeBefore(deps.store, kept) });
    return await scene.harness.through(engine.advance(id, new AbortController().signal));
  };
  return { scene, id, calls, advance };
}

async function typesOf({ store }: ControlScene, id: string): Promise<readonly string[]> {
  return ((await store.read(id))?.events ?? []).map((raw) => RunEvent.parse(raw).type);
}

test('a question is marked in the same write as its plan, before its gate can open; no other run is', async () => {
  const scene = createControlScene(TIMES);
  scene.harness.crashAt = { point: 'planned-after-store', count: 1 };
  const question = await asked(scene);
  expect((await typesOf(scene, question.id)).slice(0, 4)).toEqual(['requested', 'planned', 'question', 'gate-opened']);
  const entries = (await scene.store.auditEntries(0, 1000)).map(({ entry }) => entry);
  expect(entries.filter(({ action }) => action === 'question')).toMatchObject([{ run: question.id, reason: null }]);

  const other = createControlScene(TIMES);
  await granted(other);
  const run = await fired(other);
  const dry = await other.harness.start(['cluster/prod/valves'], { dryRun: true });
  await other.harness.drive(dry);
  expect([await typesOf(other, run.id), await typesOf(other, dry)].flat()).not.toContain('question');
});

test('an approved question is not executed by a worker that takes it for a run: it parks, a newer one ends it', async () => {
  const { scene, id, calls, advance } = await approvedQuestion();
  expect(await scene.harness.approve(id, approver)).toMatchObject({ ok: true });
  const before = await typesOf(scene, id);
  expect(await advance(true)).toBe('parked');
  expect([await typesOf(scene, id), await scene.store.locks(), calls]).toEqual([before, [], []]);

  const ended = await scene.harness.drive(id);
  expect([ended.ended?.reason, ended.locks, calls]).toEqual(['approved-in-advance', null, []]);
});

test('without the mark that worker would execute it', async () => {
  const { scene, id, calls, advance } = await approvedQuestion();
  await scene.harness.approve(id, approver);
  await advance(false);
  expect(calls).not.toEqual([]);
});

test('a bot of that version takes no vote for it, and shows no gate', async () => {
  const { scene, id } = await approvedQuestion();
  const record = await storeBefore(scene.store).read(id);
  expect(record === null ? null : foldRun(record)).toMatchObject({ gates: [], unknown: expect.any(String) });
  const [question] = await runsOf(scene);
  const deps = scene.harness.deps('bot');
  const answer = await createDesk({ ...deps, store: storeBefore(deps.store) }).vote({
    runId: id,
    gate: 'approve',
    hash: question?.planHash ?? '',
    actor: approver,
    verdict: 'approve',
    note: null,
    idempotencyKey: 'from-before',
  });
  expect(answer).toMatchObject({ ok: false, reason: 'no-gate-open' });
});
