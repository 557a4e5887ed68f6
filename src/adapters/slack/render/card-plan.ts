import type { Check } from '../../../core/plan.ts';
import { openGate, type RunState } from '../../../core/run-state.ts';
import { inline } from './escape.ts';
import { shorten } from './fit.ts';
import { MARKS, PIECE_BYTES } from './marks.ts';

/** Findings of the plan: what blocks, what warns, and how many passed. */
export function checkLines(state: RunState): readonly string[] {
  const checks = state.plan?.checks ?? [];
  if (checks.length === 0) return [];
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  const ordered = [
    ...checks.filter((check) => check.verdict === 'block'),
    ...checks.filter((check) => check.verdict === 'warn'),
  ];
  const count = `${MARKS.done} ${passed} of ${checks.length} checks passed`;
  return [`*Checks*`, ...ordered.map(checkLine), count];
}

function checkLine(check: Check): string {
  const word =
    check.verdict === 'block'
      ? `${MARKS.failed} Blocks`
      : check.verdict === 'warn'
        ? `${MARKS.warning} Warning`
        : `${MARKS.done} Passed`;
  return `${word}: *${shorten(inline(check.title), PIECE_BYTES)}* — ${shorten(inline(check.evidence), PIECE_BYTES)}`;
}

/** All findings, whole, for the thread. */
export function allCheckLines(checks: readonly Check[]): readonly string[] {
  return checks.map((check) => {
    const word = check.verdict === 'block' ? 'Blocks' : check.verdict === 'warn' ? 'Warning' : 'Passed';
    return `${word}: ${inline(check.title)} — ${inline(check.evidence)}`;
  });
}

/** What people will feel while it runs. Shown until somebody has decided. */
export function forecastLines(state: RunState): readonly string[] {
  const forecast = state.plan?.forecast.filter((line) => line !== '') ?? [];
  const undecided = state.ended === null && (openGate(state) !== null || state.gates.length === 0);
  if (forecast.length === 0 || !(undecided || state.ended?.outcome === 'planned')) return [];
  return ['*What it means while it runs*', ...forecast.map((line) => `• ${shorten(inline(line), PIECE_BYTES)}`)];
}

/** What was left out and why, and advice. */
export function noteLines(state: RunState): readonly string[] {
  const notes = state.plan?.notes.filter((line) => line !== '') ?? [];
  return notes.map((line) => `• ${shorten(inline(line), PIECE_BYTES)}`);
}
