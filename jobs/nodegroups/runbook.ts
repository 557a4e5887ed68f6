import { z } from 'zod';
import { groupTable, nodesBehind, versionOf } from '../../src/core/node-groups/words.ts';
import { defineRunbook, type PlanDraft } from '../../src/core/runbook.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep } from '../../src/core/step.ts';
import type { DiscoverContext, Discovered } from '../node-groups/provider.ts';
import { providerFor } from '../node-groups/providers.ts';
import { UNSEEN } from '../steps/read-runbook.ts';

const Nothing = z.strictObject({});

const nodegroupsStep = defineStep({
  kind: 'nodes.read-groups@1',
  input: Nothing,
  state: Nothing,
  output: z.object({ report: StateReport }),
  needs: ['kubernetes', 'management'],
  risk: 'read',
  timeoutMs: () => 3 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  describe: () => 'Read the groups of nodes, their machines and nodes',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => {
    const report = { at: context.nowIso(), ...reportOn(context.cluster.name, await discovered(context)) };
    return { kind: 'done', output: { report }, note: report.summary };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function discovered(context: DiscoverContext): Promise<Discovered> {
  const provider = providerFor(context.cluster);
  if (provider === null) return { kind: 'unseen', reason: 'not-applicable', why: 'it has no nodes' };
  return await provider.discover(context);
}

/** What was found, or that nothing could be, as a report. */
function reportOn(cluster: string, found: Discovered): Omit<StateReport, 'at'> {
  if (found.kind === 'unseen')
    return {
      healthy: false,
      summary: `The groups of nodes of ${cluster} could not be read: ${found.why}.`,
      tables: [],
      notes: [],
    };
  const { groups, notes } = found;
  const odd = groups.filter((group) => group.state !== 'steady');
  const nodes = groups.reduce((sum, group) => sum + group.nodes.length, 0);
  const what = `${groups.length} ${groups.length === 1 ? 'group' : 'groups'} with ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  const state = odd.length === 0 ? 'all are steady' : `${odd.length} not steady`;
  return {
    healthy: odd.length === 0,
    summary: `${cluster} has ${what}; ${state}.`,
    tables: [groupTable(groups)],
    notes: [
      ...groups.flatMap((group) => {
        const behind = nodesBehind(group, versionOf(group) ?? '');
        return versionOf(group) === null || behind.length === 0
          ? []
          : [`Not at ${versionOf(group) ?? ''} in ${group.name}: ${behind.join(', ')}.`];
      }),
      ...notes,
    ],
  };
}

/** The groups of nodes of a cluster: what upgrades take. */
export const nodegroups = defineRunbook({
  id: 'nodegroups',
  version: 1,
  title: 'Groups of nodes',
  params: Nothing,
  needs: ['kubernetes'],
  steps: [nodegroupsStep],
  cleanups: [],
  locks: () => [],
  plan: async ({ ports, cluster, signal }): Promise<PlanDraft> => {
    const empty = { facts: {}, gates: [], checks: [], forecast: [], notes: [], before: [] };
    if (cluster.platform === 'etcd') {
      const check = {
        id: 'applicable',
        verdict: 'block',
        title: 'A bare etcd ring has no nodes',
        evidence: cluster.name,
      } as const;
      return { ...empty, identity: '', steps: [], checks: [check] };
    }
    const home = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' };
    const got = await ports.kubernetes.get(home, { timeoutMs: 5000, signal });
    const identity = got.ok ? got.value.metadata.uid : UNSEEN;
    return { ...empty, identity, steps: [nodegroupsStep.plan({})], forecast: ['Reads only.'] };
  },
});
