import { expect } from 'vitest';
import { backups } from '../../jobs/backups/runbook.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { readReport } from '../../src/core/run-report.ts';
import type { StateReport } from '../../src/core/state-report.ts';
import { bodyOf, putBackup, type StoreSketch } from './backup-samples.ts';
import { createFakeClock } from './fake-clock.ts';
import { createSketchedVault, type SketchedVault } from './sketched-vault.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';

/** After everything that was taken, ms. */
export const NOW_MS = Date.UTC(2026, 10, 22, 12);
/** When the older one was taken. */
export const OLDER = '2026-11-20T00:51:30.000Z';
/** When the newer one was taken. */
export const NEWER = '2026-11-21T00:51:30.000Z';
/** Parameters of a plain `/kube backups prod`. */
export const LIST: JsonObject = { verify: false, hold: null, release: null, why: '', by: 'T0HOME/U0OPERATOR' };

/** A store with two good backups of `prod`. */
export function twoBackups(): SketchedVault {
  const store: StoreSketch = { objects: [], contents: new Map() };
  putBackup(store, bodyOf(OLDER));
  putBackup(store, bodyOf(NEWER));
  return createSketchedVault(store);
}

/** A harness whose steps see that store, at that time (default {@link NOW_MS}). */
export function harnessFor(vault: SketchedVault, nowMs = NOW_MS): StepHarness {
  return createStepHarness({ clock: createFakeClock(nowMs), extra: { backups: vault.vault } });
}

/** Plans `/kube backups` without any obstacle and runs it to its end; `report`: the last one that a step left. */
export async function ran(
  vault: SketchedVault,
  params: JsonObject,
  nowMs = NOW_MS,
): Promise<{ readonly end: HarnessEnd; readonly report: StateReport | null }> {
  const harness = harnessFor(vault, nowMs);
  const draft = await harness.plan(backups, params);
  expect(draft.checks).toEqual([]);
  const end = await harness.run(backups, draft.steps);
  return { end, report: harness.outputs.map(readReport).findLast((each) => each !== null) ?? null };
}
