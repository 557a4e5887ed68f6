import { z } from 'zod';
import { workloadOf } from '../../../src/core/drain/coverage.ts';
import { newNodes, newNodeWords } from '../../../src/core/drain/drift.ts';
import { DrainFacts } from '../../../src/core/drain/facts.ts';
import { rootOwner } from '../../../src/core/drain/owners.ts';
import { passedOver, passedOverWords } from '../../../src/core/drain/passed-over.ts';
import { type DrainPod, type DrainView, podName } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { defineStep, type StepContext } from '../../../src/core/step.ts';
import { keepCordons, namesOf } from './cordon-step.ts';
import { type Condition, DrainOutput } from './drain-input.ts';
import { readDrainView } from './read-drain-view.ts';
import { nodesReport } from './uncordon-step.ts';
import { homelessIn } from './worse.ts';

/** Input of `nodes.verify-drained@1`. */
export const VerifyDrainedInput = z.object({ facts: DrainFacts });
export type VerifyDrainedInput = z.infer<typeof VerifyDrainedInput>;

const State = z.object({ since: z.number().nullable() });
type State = z.infer<typeof State>;

/** How long what was evicted may take to be back, ms: images are pulled, volumes attached. */
const BACK_MS = 10 * 60_000;
const EVERY_MS = 5000;

/**
 * Waits until what was evicted runs elsewhere: each owner has as many ready replicas as before, or as it wants now, and none of their pods
 * is without a node. Then the cordons stay. When it is not so in time the run ends, and its cordons are taken back: these pods need room.
 * A node that appeared meanwhile and fits what was chosen is asked about: the run ends as drifted, and what is drained stays so.
 */
export const verifyDrainedStep = defineStep({
  kind: 'nodes.verify-drained@1',
  input: VerifyDrainedInput,
  state: State,
  output: z.object({ report: StateReport }),
  needs: ['kubernetes'],
  risk: 'read',
  timeoutMs: () => BACK_MS + 5 * 60_000,
  retry: { attempts: 3, backoffMs: 2000 },
  describe: () => 'Look that what was evicted is ready elsewhere, and report the nodes',
  items: () => [],
  initial: (): State => ({ since: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { facts }, state) => {
    const since = state.since ?? context.nowMs();
    const seen = await lookNow(context, facts);
    const { missing } = seen;
    if (missing === null && seen.appeared.length > 0) {
      await keepCordons(context, facts.nodes);
      return {
        kind: 'stop',
        reason: 'plan-drifted',
        note: [`${drainedWords(facts)}, and stay so.`, askedWords(seen.appeared), ...seen.ending].join(' '),
      };
    }
    if (missing === null) {
      const report = await nodesReport(context, `${drainedWords(facts)}; what was evicted is ready elsewhere.`);
      return { kind: 'done', output: { report: withNext(report, context, facts, seen.ending) }, note: report.summary };
    }
    if (context.stopping || context.nowMs() - since < BACK_MS)
      return { kind: 'again', afterMs: EVERY_MS, state: { since }, note: `Waiting: ${missing}.` };
    return {
      kind: 'stop',
      reason: 'not-verified',
      note: `The nodes are empty, but not all is back elsewhere: ${missing}.`,
    };
  },
  verify: async (context, { facts }, output) => {
    await keepCordons(context, facts.nodes);
    return { kind: 'done', output, note: output.report.summary };
  },
});

function drainedWords({ nodes }: DrainFacts): string {
  return `${namesOf(nodes)} ${nodes.length === 1 ? 'is' : 'are'} drained and cordoned`;
}

function askedWords(appeared: readonly string[]): string {
  const left = appeared.length === 1 ? 'it was left alone' : 'they were left alone';
  return `${sentence(`But ${someOf(appeared)}: ${left}`)} ${MADE_UP_FOR}`;
}

const MADE_UP_FOR =
  'An autoscaler that makes up for drained nodes does this each time: stop it first, or leave the new ones.';

/** What one look at the end shows. */
interface LastLook {
  /** What is not back yet, without a period; `null`: everything is. */
  readonly missing: string | null;
  /** Nodes that came meanwhile and fit, in words. */
  readonly appeared: readonly string[];
  /** Pods that were not waited for, in sentences. */
  readonly ending: readonly string[];
}

async function lookNow(context: StepContext<'kubernetes'>, facts: DrainFacts): Promise<LastLook> {
  const seen = await readDrainView(context.ports.kubernetes, context.signal);
  if (!seen.ok) return { missing: seen.why, appeared: [], ending: [] };
  const before = beforeOf(context);
  const names = facts.nodes.map(({ name }) => name);
  const passed = passedOver(seen.view, names, facts.consents, context.nowMs());
  const missing = before === null ? null : missingIn(seen.view, facts, before, passed);
  const ending = passedOverWords(passed);
  return {
    missing,
    appeared: newNodes(seen.view, facts).map(newNodeWords),
    ending: ending === '' ? [] : [ending],
  };
}

/** What the drain of this plan saw at its beginning. */
function beforeOf({ outputs }: Pick<StepContext<never>, 'outputs'>): Condition | null {
  const drained = outputs.flatMap((output) => DrainOutput.safeParse(output).data ?? []);
  return drained.at(-1)?.before ?? null;
}

/**
 * Which owners have fewer ready replicas than before, and which of their pods find no node, without a period; `null`: none.
 *
 * @param passed pods that are not waited for: a StatefulSet makes no second one of the same name while the first one is there
 */
export function missingIn(
  view: DrainView,
  { owners }: DrainFacts,
  before: Condition,
  passed: readonly DrainPod[],
): string | null {
  const short = owners.flatMap(({ uid }) => {
    const workload = workloadOf(view, uid);
    const had = before.ready[uid];
    if (workload === null || had === undefined) return [];
    const held = workload.kind === 'StatefulSet' ? passed.filter((pod) => rootOwner(view, pod)?.uid === uid).length : 0;
    const wanted = Math.min(had, (workload.replicas ?? had) - held);
    const ready = workload.ready ?? 0;
    return ready >= wanted ? [] : [`${workload.kind} ${podName(workload)} has ${ready} of ${wanted} ready`];
  });
  const uids = new Set(owners.map(({ uid }) => uid));
  const homeless = homelessIn(view).filter((pod) => uids.has(rootOwner(view, pod)?.uid ?? ''));
  const words = [
    ...short,
    ...(homeless.length === 0
      ? []
      : [`${counted(homeless.length, 'pod')} without a node (${someOf(homeless.map(podName))})`]),
  ];
  return words.length === 0 ? null : someOf(words);
}

function withNext(
  report: StateReport,
  { cluster }: StepContext<'kubernetes'>,
  { nodes }: DrainFacts,
  ending: readonly string[],
): StateReport {
  const named = nodes.map(({ name }) => `node/${name}`).join(' ');
  const next = `When the maintenance is over: \`/kube uncordon ${cluster.name} ${named}\`.`;
  return { ...report, notes: [...ending, ...report.notes, next] };
}
