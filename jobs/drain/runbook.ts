import { nodesLock, ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { identityOf, noNodes, unreadCheck } from '../steps/drain/cluster-of-nodes.ts';
import { drainCleanups, drainSteps } from '../steps/drain/drain-kinds.ts';
import { type DrainOptions, planDrain } from '../steps/drain/plan-drain.ts';
import { draftOfLines } from '../upgrade/lines.ts';
import { DrainParams } from './params.ts';

/** Empties nodes for maintenance: all cordoned first, pods evicted as far as budgets allow, and a look at the end. */
export const drain = defineRunbook({
  id: 'drain',
  version: 1,
  title: 'Drain nodes',
  params: DrainParams,
  needs: ['kubernetes'],
  steps: drainSteps,
  cleanups: drainCleanups,
  locks: (cluster) => [nodesLock(cluster)],
  plan: async (context, params) => await planRun(context, params),
});

async function planRun(context: PlanContext<'kubernetes'>, params: DrainParams): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const bare = noNodes(cluster);
  if (bare !== null) return refused([bare]);
  const identity = await identityOf(ports.kubernetes, signal);
  if (!identity.ok) return refused([unreadCheck(identity.error)]);
  const planned = await planDrain(context, params.nodes, optionsOf(params));
  if (planned.facts === null) return refused(planned.checks);
  const { idle, checks } = planned;
  return {
    identity: identity.value,
    facts: { drain: planned.facts },
    ...draftOfLines(idle ? [] : planned.lines),
    ...(planned.controlPlane.length === 0 ? {} : { locks: [ringLock(cluster.name)] }),
    // Where nothing would change nothing stands in the way.
    checks: idle ? checks.filter(({ verdict }) => verdict !== 'block') : checks,
    notes: planned.notes,
    before: planned.before,
  };
}

function optionsOf(params: DrainParams): DrainOptions {
  const { deleteEmptyDir, unmanaged, ignoreBudgets, forceStuck, graceMs, parallel, timeoutMs } = params;
  return {
    consents: { deleteEmptyDir, unmanaged, ignoreBudgets },
    forceStuck,
    graceMs,
    parallelNodes: parallel,
    nodeMs: timeoutMs,
    selector: null,
    purpose: 'drain',
  };
}

function refused(checks: readonly Check[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks, forecast: [], notes: [], before: [] };
}
