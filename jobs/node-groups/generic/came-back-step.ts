import { z } from 'zod';
import { comeBack } from '../../../src/core/node-groups/came-back.ts';
import { GroupMark } from '../../../src/core/node-groups/node-mark.ts';
import { lateWords } from '../../../src/core/node-groups/on-target.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { uncordonOf } from '../../steps/drain/cordon-node.ts';
import { DrainedNode } from '../../steps/drain/drained-node.ts';
import { nodesReport } from '../../steps/drain/uncordon-step.ts';
import { isOf, makeChange } from '../../steps/object-change.ts';
import { readNodes } from './read-nodes.ts';

/** A node that people replace or upgrade. */
export const AwaitedNode = z.object({
  node: DrainedNode,
  mark: GroupMark,
  /** Target with its `v`. */
  to: z.string().min(1),
  /** uids of the nodes of the group when the plan was made. */
  known: z.array(z.string()),
});
export type AwaitedNode = z.infer<typeof AwaitedNode>;

const State = z.object({ sinceMs: z.number().nullable(), silentMs: z.number().nullable() });
type State = z.infer<typeof State>;
const Output = z.object({ report: StateReport });
type Output = z.infer<typeof Output>;
type Answer = StepAnswer<State, Output>;

/** Somebody said that it is done: how long it may take until it is seen, ms. */
const SEEN_MS = 20 * 60_000;
const SILENT_MS = 10 * 60_000;
const EVERY_MS = 5000;

/** Looks that a node came back at the target, or another one in its place; the same node takes pods again if this run cordoned it. */
export const cameBackStep = defineStep({
  kind: 'generic.came-back@1',
  input: AwaitedNode,
  state: State,
  output: Output,
  needs: ['kubernetes'],
  risk: 'reversible',
  timeoutMs: () => SEEN_MS + SILENT_MS + 15 * 60_000,
  retry: ONCE,
  describe: ({ node, to }) =>
    `See that ${node.name}, or the node in its place, is ready at ${to}, and take this run's cordon from it`,
  items: ({ node }) => [node.name],
  initial: (): State => ({ sinceMs: null, silentMs: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => await look(context, input, state),
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function look(context: StepContext<'kubernetes'>, input: AwaitedNode, state: State): Promise<Answer> {
  const { ports, signal } = context;
  const change = uncordonOf(ports.kubernetes, input.node, { run: context.runId, others: 'stay' }, signal);
  const isOpen = context.open !== null && isOf(context.open, change);
  const nodes = await readNodes(ports.kubernetes, signal);
  if (!nodes.ok && !isOpen)
    return waitFor(context, state, 'silentMs', SILENT_MS, {
      reason: 'cluster-silent',
      note: sentence(nodes.error.message),
    });
  const seen = nodes.ok ? comeBack(input, nodes.value) : null;
  if (!isOpen && seen?.kind === 'not-yet')
    return waitFor(context, { ...state, silentMs: null }, 'sinceMs', SEEN_MS, {
      reason: 'not-on-target',
      note: sentence(seen.words),
    });
  if (!isOpen && context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
  const took: string[] = [];
  if (isOpen || seen?.kind === 'upgraded') {
    const changed = await makeChange(context, change);
    if (changed.kind === 'stop') return changed;
    if (changed.kind === 'wait') return waitFor(context, state, 'silentMs', SILENT_MS, changed);
    took.push(changed.note);
  }
  const late = nodes.ok ? lateWords(input, nodes.value).map(sentence) : [];
  const words = [...(seen === null ? [] : [sentence(seen.words)]), ...took, ...late].join(' ');
  return { kind: 'done', output: { report: await nodesReport(context, words) }, note: words };
}

function waitFor(
  context: StepContext<'kubernetes'>,
  state: State,
  field: keyof State,
  limitMs: number,
  { reason, note }: { readonly reason: EndReason; readonly note: string },
): Answer {
  const since = state[field] ?? context.nowMs();
  if (context.nowMs() - since >= limitMs) return { kind: 'stop', reason, note };
  return { kind: 'again', afterMs: EVERY_MS, state: { ...state, [field]: since }, note: `Waiting: ${note}` };
}
