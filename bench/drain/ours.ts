import { z } from 'zod';
import type { RunState } from '../../src/core/run-state.ts';
import type { RunbookScene } from '../../test/support/runbook-scene.ts';
import type { Drained } from './kubectl.ts';

const Output = z.looseObject({ refused: z.number() });

/** What a run took: its steps that cordon and drain, and all of it with plan and last look. */
export interface DrainedByRun extends Drained {
  readonly wholeMs: number;
  readonly wholeRequests: number;
}

/**
 * Drains nodes by a run whose gates are answered at once.
 *
 * @throws Error when it does not end as `succeeded`.
 */
export async function byRun(scene: RunbookScene, nodes: readonly string[], parallel: number): Promise<DrainedByRun> {
  const before = scene.requests.length;
  const beganMs = performance.now();
  const none = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false, forceStuck: false };
  const run = await scene.run('drain', { nodes: [...nodes], ...none, graceMs: null, parallel, timeoutMs: null });
  const wholeMs = performance.now() - beganMs;
  if (run.ended?.outcome !== 'succeeded')
    throw new Error(`the drain ended as ${JSON.stringify(run.ended)}${blocks(run)}`);
  const requests = scene.requests.slice(before);
  // Before the first cordon come the plan and its dry runs.
  const sent = requests.slice(requests.findIndex(({ verb, resource }) => verb === 'patch' && resource === 'nodes'));
  const evictions = sent.filter(({ subresource }) => subresource === 'eviction');
  const drain = run.steps.find(({ index }) => run.plan?.steps[index]?.kind.startsWith('nodes.drain@') === true);
  const cordon = run.steps.find(({ index }) => run.plan?.steps[index]?.kind.startsWith('nodes.cordon@') === true);
  const ms = Date.parse(drain?.doneAt ?? '') - Date.parse(cordon?.startedAt ?? drain?.startedAt ?? '');
  return {
    ms,
    wholeMs,
    evictions: evictions.length,
    refused: Output.parse(drain?.output).refused,
    requests: sent.length,
    wholeRequests: requests.length,
  };
}

function blocks({ plan }: RunState): string {
  const blocking = plan?.checks.filter(({ verdict }) => verdict === 'block') ?? [];
  return blocking.map(({ id, evidence }) => `\n${id}: ${evidence}`).join('');
}
