import type { Append, RunStore } from '../core/ports/run-store.ts';
import type { Log } from '../core/ports/runtime.ts';
import type { RunEvent } from '../core/run-event.ts';

/**
 * A run store that writes one line to the log for every event and every refusal it stored: what happened, in order, with
 * run, cluster and step.
 */
export function tellRuns(runs: RunStore, log: Log): RunStore {
  return {
    ...runs,
    create: async (run) => {
      const result = await runs.create(run);
      if (result.kind === 'created')
        log.info('run event', { run: run.id, cluster: run.cluster, event: run.event.type });
      return result;
    },
    audit: async (entries) => {
      await runs.audit(entries);
      for (const { action, actor, cluster, run, reason } of entries) {
        log.info('audited', { run, cluster, action, user: actor?.user ?? null, reason });
      }
    },
    append: async (runId, write) => {
      const result = await runs.append(runId, write);
      if (result.kind === 'ok') tell(log, runId, write);
      return result;
    },
  };
}

function tell(log: Log, runId: string, write: Append): void {
  const cluster = write.audit.find((entry) => entry.cluster !== null)?.cluster ?? '';
  for (const event of write.events) {
    log.info('run event', { run: runId, cluster, event: event.type, ...detailOf(event) });
  }
}

/** What a line says of an event: words of the closed lists and names, never evidence or texts of people. */
function detailOf(event: RunEvent): Readonly<Record<string, string | number>> {
  switch (event.type) {
    case 'requested':
    case 'question':
    case 'lock-waiting':
    case 'window-waiting':
    case 'cancel-requested':
      return {};
    case 'planned':
      return { hash: event.hash, steps: event.plan.steps.length };
    case 'gate-opened':
      return { gate: event.gate.id };
    case 'gate-reminded':
    case 'gate-escalated':
      return { gate: event.gate };
    case 'voted':
    case 'gate-settled':
      return { gate: event.gate, verdict: event.verdict };
    case 'locks-taken':
      return { locks: event.locks.join(' ') };
    case 'step-started':
      return { step: event.index, attempt: event.attempt };
    case 'intent':
      return { step: event.index, item: event.item, action: event.action };
    case 'observed':
      return { step: event.index, item: event.item, action: event.action, result: event.result };
    case 'step-done':
      return { step: event.index };
    case 'cleanup-registered':
    case 'cleanup-done':
    case 'cleanup-failed':
      return { cleanup: event.id };
    case 'ending':
      return { reason: event.reason };
    case 'ended':
      return { outcome: event.outcome, reason: event.reason };
  }
}
