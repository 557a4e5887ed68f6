import { z } from 'zod';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { UndoRecord } from '../../../src/core/undo-record.ts';
import { cordonOf } from './cordon-node.ts';
import { DrainedNode, NODE_CALL_MS, nodeRef } from './drained-node.ts';
import { ChangesState, makeChanges, NOT_WAITING } from './make-changes.ts';
import { uncordonCleanup, uncordonId } from './uncordon-cleanup.ts';

/** Input of `nodes.cordon@1`. */
export const CordonInput = z.object({
  nodes: z.array(DrainedNode).min(1),
  /** Runs whose cordons this run takes over, by the name of the node; absent: none's. */
  takesOver: z.record(z.string(), z.string().min(1)).exactOptional(),
});
export type CordonInput = z.infer<typeof CordonInput>;

/** Output of `nodes.cordon@1`. */
export const CordonOutput = z.object({
  /** Those that this run cordoned. */
  cordoned: z.array(DrainedNode),
  undo: UndoRecord.nullable(),
});
export type CordonOutput = z.infer<typeof CordonOutput>;

/**
 * Cordons all nodes before the first of them is drained, so that no pod moves twice. Each that this run cordons is uncordoned again in every
 * ending before somebody says that it stays: see {@link keepCordons}. One whose cordon it takes over is not: it was cordoned before.
 */
export const cordonStep = defineStep({
  kind: 'nodes.cordon@1',
  input: CordonInput,
  state: ChangesState,
  output: CordonOutput,
  needs: ['kubernetes'],
  risk: 'reversible',
  timeoutMs: ({ nodes }) => 5 * 60_000 + nodes.length * 30_000,
  retry: ONCE,
  describe: ({ nodes, takesOver = {} }) => {
    const from = [...new Set(Object.values(takesOver))];
    const taken = from.length === 0 ? '' : `, taking over the cordon of ${from.join(' and ')}`;
    return `Cordon ${namesOf(nodes)}${taken}: no new pods are placed there`;
  },
  items: ({ nodes }) => nodes.map(({ name }) => name),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { nodes, takesOver = {} }, state) => {
    const { ports, runId: run, signal } = context;
    // Registered before, and putting back looks whose it is; what somebody else cordoned already is not promised to be opened.
    if (context.open === null && !context.stopping) await takeBackCordons(context, nodes, takesOver);
    const made = await makeChanges(
      context,
      state,
      nodes.map((node) => cordonOf(ports.kubernetes, node, { run, takesOver: takesOver[node.name] ?? null }, signal)),
    );
    if (made.kind !== 'all-done') return made;
    return { kind: 'done', output: { cordoned: [], undo: null }, note: made.notes.join(' ') };
  },
  verify: async (context, { nodes }) => {
    const cordoned: DrainedNode[] = [];
    const unread: string[] = [];
    for (const node of nodes) {
      const whose = await whoseCordon(context, node);
      if (whose === 'ours') cordoned.push(node);
      if (whose === 'none' || whose === 'unread') unread.push(node.name);
    }
    if (unread.length > 0) {
      const note = `It could not be seen that ${unread.join(', ')} ${unread.length === 1 ? 'is' : 'are'} cordoned.`;
      return { kind: 'stop', reason: 'not-verified', note };
    }
    const undo: UndoRecord | null = cordoned.length === 0 ? null : { kind: 'drain', nodes: cordoned };
    return { kind: 'done', output: { cordoned, undo }, note: cordonedWords(nodes, cordoned) };
  },
});

/**
 * Says that every ending takes back those of these cordons that are not somebody else's. Safe to say twice.
 *
 * @param takesOver of the {@link CordonInput}: these nodes were cordoned before
 */
export async function takeBackCordons(
  context: StepContext<'kubernetes'>,
  nodes: readonly DrainedNode[],
  takesOver: Readonly<Record<string, string>> = {},
): Promise<void> {
  const whose = await Promise.all(nodes.map(async (node) => await whoseCordon(context, node)));
  const own = nodes.filter(({ name }, at) => whose[at] !== 'theirs' && takesOver[name] === undefined);
  if (own.length === 0) return;
  const names = own.map(({ name }) => name).join(' ');
  await context.registerCleanup({
    id: uncordonId(nodes),
    kind: uncordonCleanup.kind,
    input: { run: context.runId, nodes: own.map(({ name, uid }) => ({ name, uid })) },
    summary: `${namesOf(own)} ${own.length === 1 ? 'takes' : 'take'} pods again (by hand: kubectl uncordon ${names})`,
  });
}

/** Says that the cordons of these nodes, made together, stay: what a drain that succeeded was for. */
export async function keepCordons(
  context: Pick<StepContext<never>, 'cleanedUp'>,
  nodes: readonly Pick<DrainedNode, 'name'>[],
): Promise<void> {
  await context.cleanedUp(uncordonId(nodes));
}

async function whoseCordon(
  { ports, runId, signal }: StepContext<'kubernetes'>,
  { name, uid }: DrainedNode,
): Promise<'ours' | 'theirs' | 'none' | 'unread'> {
  const got = await ports.kubernetes.get(nodeRef(name), { timeoutMs: NODE_CALL_MS, signal });
  if (!got.ok || got.value.metadata.uid !== uid) return 'unread';
  const { cordoned, annotations } = readNode(got.value);
  if (!cordoned) return 'none';
  return annotations[CORDONED_BY] === runId ? 'ours' : 'theirs';
}

function cordonedWords(nodes: readonly DrainedNode[], ours: readonly DrainedNode[]): string {
  const theirs = nodes.filter((node) => !ours.includes(node));
  const foreign = theirs.length === 0 ? '' : ` ${namesOf(theirs)} was cordoned before and stays so in every ending.`;
  return ours.length === 0 ? foreign.trimStart() : `Cordoned: ${namesOf(ours)}.${foreign}`;
}

/** `worker-1, worker-2 and worker-3`; of many the first and how many more. */
export function namesOf(nodes: readonly Pick<DrainedNode, 'name'>[], most = 6): string {
  const names = nodes.map(({ name }) => name);
  const more = names.length - most;
  if (more > 0) return `${names.slice(0, most).join(', ')} and ${more} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
