import { z } from 'zod';
import { clusterTroubles, nodeTable } from '../../../src/core/kubernetes/cluster-report.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { readCluster } from '../read-cluster.ts';
import { uncordonOf } from './cordon-node.ts';
import { namesOf } from './cordon-step.ts';
import { DrainedNode } from './drained-node.ts';
import { ChangesState, makeChanges, NOT_WAITING } from './make-changes.ts';

/** Input of `nodes.uncordon@1`. */
export const UncordonStepInput = z.object({ nodes: z.array(DrainedNode).min(1) });
export type UncordonStepInput = z.infer<typeof UncordonStepInput>;

/** Lets nodes take pods again, whoever cordoned them, and takes the mark of a run away. */
export const uncordonStep = defineStep({
  kind: 'nodes.uncordon@1',
  input: UncordonStepInput,
  state: ChangesState,
  output: z.object({ report: StateReport }),
  needs: ['kubernetes'],
  risk: 'reversible',
  timeoutMs: ({ nodes }) => 5 * 60_000 + nodes.length * 30_000,
  retry: ONCE,
  describe: ({ nodes }) => `Uncordon ${namesOf(nodes)}: new pods may be placed there`,
  items: ({ nodes }) => nodes.map(({ name }) => name),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { nodes }, state) => {
    const { ports, signal } = context;
    const made = await makeChanges(
      context,
      state,
      nodes.map((node) => uncordonOf(ports.kubernetes, node, signal)),
    );
    if (made.kind !== 'all-done') return made;
    const report = { at: context.nowIso(), healthy: true, summary: '', tables: [], notes: [] };
    return { kind: 'done', output: { report }, note: made.notes.join(' ') };
  },
  verify: async (context, { nodes }) => {
    for (const node of nodes) {
      const seen = await uncordonOf(context.ports.kubernetes, node, context.signal).look();
      const why = seen.is === 'unread' || seen.is === 'odd' ? seen.why : seen.note;
      if (seen.is !== 'done') return { kind: 'stop', reason: 'not-verified', note: sentence(why) };
    }
    const report = await nodesReport(context, `${namesOf(nodes)} may take pods again.`);
    return { kind: 'done', output: { report }, note: report.summary };
  },
});

/** The nodes of the cluster as they are at the end. `summary`: what was done, a sentence. What is wrong stands before it. */
export async function nodesReport(context: StepContext<'kubernetes'>, summary: string): Promise<StateReport> {
  const at = context.nowIso();
  const seen = await readCluster(context.ports.kubernetes, context.signal);
  if (!seen.ok) {
    const note = `The nodes could not be read at the end: ${seen.why}.`;
    return { at, healthy: false, summary: note, tables: [], notes: summary === '' ? [] : [summary] };
  }
  const troubles = clusterTroubles(seen.reading, context.cluster.platform);
  return { at, healthy: troubles.length === 0, summary, tables: [nodeTable(seen.reading)], notes: [...troubles] };
}
