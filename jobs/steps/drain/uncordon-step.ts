import { z } from 'zod';
import { clusterTroubles, nodeTable } from '../../../src/core/kubernetes/cluster-report.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { readCluster } from '../read-cluster.ts';
import { type Cordoner, uncordonOf } from './cordon-node.ts';
import { namesOf } from './cordon-step.ts';
import { DrainedNode } from './drained-node.ts';
import { ChangesState, makeChanges, NOT_WAITING } from './make-changes.ts';

/** Input of `nodes.uncordon@1`. */
export const UncordonStepInput = z.object({
  nodes: z.array(DrainedNode).min(1),
  /** Only what this run cordoned: another mark is drift. Absent: whoever cordoned them. */
  run: z.string().min(1).exactOptional(),
});
export type UncordonStepInput = z.infer<typeof UncordonStepInput>;

/** Lets nodes take pods again, whoever cordoned them or only what one run did, and takes the mark of the run away. */
export const uncordonStep = defineStep({
  kind: 'nodes.uncordon@1',
  input: UncordonStepInput,
  state: ChangesState,
  output: z.object({ report: StateReport }),
  needs: ['kubernetes'],
  risk: 'reversible',
  timeoutMs: ({ nodes }) => 5 * 60_000 + nodes.length * 30_000,
  retry: ONCE,
  describe: ({ nodes, run }) =>
    `Uncordon ${namesOf(nodes)}${run === undefined ? '' : `, which ${run} cordoned`}: new pods may be placed there`,
  items: ({ nodes }) => nodes.map(({ name }) => name),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { ports, signal } = context;
    const made = await makeChanges(
      context,
      state,
      input.nodes.map((node) => uncordonOf(ports.kubernetes, node, whoseOf(input), signal)),
    );
    if (made.kind !== 'all-done') return made;
    const report = { at: context.nowIso(), healthy: true, summary: '', tables: [], notes: [] };
    return { kind: 'done', output: { report }, note: made.notes.join(' ') };
  },
  verify: async (context, input) => {
    for (const node of input.nodes) {
      const seen = await uncordonOf(context.ports.kubernetes, node, whoseOf(input), context.signal).look();
      const why = seen.is === 'unread' || seen.is === 'odd' ? seen.why : seen.note;
      const reason = seen.is === 'odd' ? seen.reason : 'not-verified';
      if (seen.is !== 'done') return { kind: 'stop', reason, note: sentence(why) };
    }
    const report = await nodesReport(context, `${namesOf(input.nodes)} may take pods again.`);
    return { kind: 'done', output: { report }, note: report.summary };
  },
});

function whoseOf({ run }: UncordonStepInput): Cordoner | null {
  return run === undefined ? null : { run, others: 'drift' };
}

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
