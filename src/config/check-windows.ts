import type { CronSpec } from '../core/ports/calendar.ts';
import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';

/** Why a cron expression in a zone is none; `null`: it is one. Given from outside, since cron is not read here. */
export type CronProblem = (spec: CronSpec) => string | null;

/** Checks the maintenance windows of all clusters. */
export function checkWindows(parts: ReadableParts, cronProblem: CronProblem, findings: Findings): void {
  for (const { name, entry } of parts.clusters) {
    for (const [index, { cron, tz }] of (entry.windows ?? []).entries()) {
      const problem = cronProblem({ cron, tz });
      if (problem !== null) findings.problem(['clusters', name, 'windows', index], problem);
    }
  }
}
