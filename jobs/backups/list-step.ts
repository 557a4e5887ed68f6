import { z } from 'zod';
import { backupNotes, backupSummary, backupTable } from '../../src/core/backup/backup-table.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepContext } from '../../src/core/step.ts';

const Nothing = z.strictObject({});
const Output = z.object({ report: StateReport });

/** Reads what lies in the store, without the files themselves. */
export const listStep = defineStep({
  kind: 'backups.list@1',
  input: Nothing,
  state: Nothing,
  output: Output,
  needs: ['backups'],
  risk: 'read',
  timeoutMs: () => 5 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  describe: () => 'List the backups with what is known of each',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => {
    const listed = await context.ports.backups.list({ signal: context.signal });
    if (!listed.ok) return { kind: 'stop', reason: 'backups-unavailable', note: `${listed.error.message}.` };
    const report = reportOn(context, listed.value);
    return { kind: 'done', output: { report }, note: report.summary };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

/** The report on the backups of a cluster. */
export function reportOn(context: StepContext<'backups'>, backups: readonly CataloguedBackup[]): StateReport {
  const { cluster, ports } = context;
  const states = new Set(backups.map(({ state }) => state));
  return {
    at: context.nowIso(),
    of: 'backups',
    healthy: states.has('good') && !states.has('damaged'),
    summary: backupSummary(cluster.name, backups, ports.backups.facts?.place ?? 'its store'),
    tables: backups.length === 0 ? [] : [backupTable(backups, context.nowMs())],
    notes: [...backupNotes(backups)],
  };
}
