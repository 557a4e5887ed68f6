import { z } from 'zod';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import { isSameVersion } from '../../../src/core/kubernetes/version.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { UndoRecord } from '../../../src/core/undo-record.ts';
import { cordonOf } from './cordon-node.ts';
import { DrainedNode, NODE_CALL_MS, nodeRef } from './drained-node.ts';
import { ChangesState, makeChanges, NOT_WAITING } from './make-changes.ts';
import { uncordonByHand, uncordonCleanup, uncordonId } from './uncordon-cleanup.ts';

/** Input of `nodes.cordon@1`. */
export const CordonInput = z.object({
  nodes: z.array(DrainedNode).min(1),
  /** Version that they are drained for: one that is there by now is not touched, and the plan is another one. Absent: no version is the reason. */
  towards: z.string().exactOptional(),
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
 * ending before somebody says that it stays: see {@link keepCordons}.
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
  describe: ({ nodes }) => `Cordon ${namesOf(nodes)}: no new pods are placed there`,
  items: ({ nodes }) => nodes.map(({ name }) => name),
  initial: () => NOT_WAITING,
  check: async (context, { nodes, towards }) => {
    // What is open was begun before: it is looked at, whatever the version.
    const there = towards === undefined || context.open !== null ? [] : await nodesAt(context, nodes, towards);
    if (there.length === 0) return { kind: 'go' };
    const note = `${namesOf(there)} ${there.length === 1 ? 'is' : 'are'} at ${towards ?? ''} by now: nothing is left to do there.`;
    return { kind: 'stop', reason: 'plan-drifted', note };
  },
  run: async (context, { nodes }, state) => {
    const { ports, runId, signal } = context;
    // Registered before, and putting back looks whose it is; what somebody else cordoned already is not promised to be opened.
    if (context.open === null && !context.stopping) await takeBackCordons(context, nodes);
    const made = await makeChanges(
      context,
      state,
      nodes.map((node) => cordonOf(ports.kubernetes, node, runId, signal)),
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

/** Says that every ending takes back those of these cordons that are not somebody else's. Safe to say twice. */
export async function takeBackCordons(
  context: StepContext<'kubernetes'>,
  nodes: readonly DrainedNode[],
): Promise<void> {
  const whose = await Promise.all(nodes.map(async (node) => await whoseCordon(context, node)));
  const own = nodes.filter((_, at) => whose[at] !== 'theirs');
  if (own.length === 0) return;
  await context.registerCleanup({
    id: uncordonId(nodes),
    kind: uncordonCleanup.kind,
    input: { run: context.runId, nodes: own.map(({ name, uid }) => ({ name, uid })) },
    summary: `${namesOf(own)} ${own.length === 1 ? 'takes' : 'take'} pods again (by hand: ${uncordonByHand(own)})`,
  });
}

/** Says that the cordons of these nodes, made together, stay: what a drain that succeeded was for. */
export async function keepCordons(
  context: Pick<StepContext<never>, 'cleanedUp'>,
  nodes: readonly Pick<DrainedNode, 'name'>[],
): Promise<void> {
  await context.cleanedUp(uncordonId(nodes));
}

/** Those that run this version. What cannot be read is not among them. */
async function nodesAt(
  { ports, signal }: StepContext<'kubernetes'>,
  nodes: readonly DrainedNode[],
  version: string,
): Promise<readonly DrainedNode[]> {
  const got = await Promise.all(
    nodes.map(async ({ name }) => await ports.kubernetes.get(nodeRef(name), { timeoutMs: NODE_CALL_MS, signal })),
  );
  return nodes.filter(({ uid }, at) => {
    const seen = got[at];
    return (
      seen?.ok === true &&
      seen.value.metadata.uid === uid &&
      isSameVersion(readNode(seen.value).kubeletVersion, version)
    );
  });
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
