import type { Choice } from '../../src/core/drain/facts.ts';
import { nodesLock, ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import { defineRunbook, type PlanDraft } from '../../src/core/runbook.ts';
import type { DiscoverContext } from '../node-groups/provider.ts';
import { identityOf, noNodes, unreadCheck } from '../steps/drain/cluster-of-nodes.ts';
import { drainCleanups, drainSteps } from '../steps/drain/drain-kinds.ts';
import { type DrainOptions, planDrain } from '../steps/drain/plan-drain.ts';
import { draftOfLines } from '../upgrade/lines.ts';
import { chosenNodes } from './chosen-nodes.ts';
import { DrainParams } from './params.ts';

/** Empties nodes for maintenance: all cordoned first, pods evicted as far as budgets allow, and a look at the end. */
export const drain = defineRunbook({
  id: 'drain',
  version: 1,
  title: 'Drain nodes',
  params: DrainParams,
  // Of Cluster API the management cluster tells which nodes a group has.
  needs: ['kubernetes', 'management'],
  steps: drainSteps,
  cleanups: drainCleanups,
  locks: (cluster) => [nodesLock(cluster)],
  plan: async (context, params) => await planRun(context, params),
});

async function planRun(context: DiscoverContext, params: DrainParams): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const bare = noNodes(cluster);
  if (bare !== null) return refused([bare]);
  const identity = await identityOf(ports.kubernetes, signal);
  if (!identity.ok) return refused([unreadCheck(identity.error)]);
  const wanted = await chosenNodes(context, params);
  if (wanted.checks.some(({ verdict }) => verdict === 'block')) return refused(wanted.checks);
  const planned = await planDrain(context, wanted.names, optionsOf(params, wanted.chosen));
  if (planned.facts === null) return refused(planned.checks);
  const { idle } = planned;
  const checks = [...planned.checks, ...wanted.checks];
  return {
    identity: identity.value,
    facts: { drain: planned.facts },
    ...draftOfLines(idle ? [] : planned.lines),
    locks: [...wanted.locks, ...(planned.controlPlane.length === 0 ? [] : [ringLock(cluster.name)])],
    // Where nothing would change nothing stands in the way.
    checks: idle ? checks.filter(({ verdict }) => verdict !== 'block') : checks,
    notes: [...planned.notes, ...wanted.notes],
    before: planned.before,
  };
}

function optionsOf(params: DrainParams, chosen: readonly Choice[]): DrainOptions {
  const { deleteEmptyDir, unmanaged, ignoreBudgets, skipEndingMs, forceStuck, graceMs, parallel, timeoutMs } = params;
  return {
    consents: { deleteEmptyDir, unmanaged, ignoreBudgets, ...(skipEndingMs === null ? {} : { skipEndingMs }) },
    forceStuck,
    graceMs,
    parallelNodes: parallel,
    nodeMs: timeoutMs,
    chosen,
    purpose: 'drain',
  };
}

function refused(checks: readonly Check[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks, forecast: [], notes: [], before: [] };
}
