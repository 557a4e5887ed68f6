import { leftOn } from '../../../src/core/drain/advance.ts';
import { passedOver, passedOverWords } from '../../../src/core/drain/passed-over.ts';
import { podName } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import { defineStep, ONCE } from '../../../src/core/step.ts';
import { keepCordons, namesOf } from './cordon-step.ts';
import { DrainInput, DrainOutput, DrainState, NOT_BEGUN } from './drain-input.ts';
import { drainTurn } from './drain-turn.ts';
import { readDrainView } from './read-drain-view.ts';

/** Beside the time that all nodes may take: settling what is open, and the last look, ms. */
const SLACK_MS = 10 * 60_000;

/** Empties nodes that are cordoned: asks their pods to go, as many as the budgets allow at each moment, and waits until they have gone. */
export const drainStep = defineStep({
  kind: 'nodes.drain@1',
  input: DrainInput,
  state: DrainState,
  output: DrainOutput,
  needs: ['kubernetes'],
  risk: 'disruptive',
  timeoutMs: ({ limits }) => limits.wholeMs + SLACK_MS,
  retry: ONCE,
  describe: ({ facts, limits }) => {
    const whose = facts.nodes.length === 1 ? 'its' : 'their';
    const how = facts.consents.ignoreBudgets
      ? `delete ${whose} pods, against budgets`
      : `evict ${whose} pods within budgets`;
    const many = facts.nodes.length > 1 ? `, ${Math.min(limits.parallelNodes, facts.nodes.length)} nodes at once` : '';
    return `Drain ${namesOf(facts.nodes)}: ${how}${many}`;
  },
  items: ({ facts }) => facts.nodes.map(({ name }) => name),
  initial: () => NOT_BEGUN,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: drainTurn,
  verify: async (context, { facts }, output) => {
    const seen = await readDrainView(context.ports.kubernetes, context.signal);
    if (!seen.ok)
      return { kind: 'stop', reason: 'not-verified', note: `That the nodes are empty could not be seen: ${seen.why}.` };
    const known = new Set(output.stuck.map(({ uid }) => uid));
    const left = facts.nodes
      .flatMap((node) => leftOn(seen.view, node, facts.consents, context.nowMs()))
      .filter(({ uid }) => !known.has(uid));
    if (left.length > 0) {
      const words = `${counted(left.length, 'pod')} came back to a drained node: ${someOf(left.map(podName))}.`;
      return { kind: 'stop', reason: 'not-verified', note: words };
    }
    const ending = passedOverWords(
      passedOver(
        seen.view,
        facts.nodes.map(({ name }) => name),
        facts.consents,
        context.nowMs(),
      ),
    );
    const refused = output.refused === 0 ? '' : ` Refused at first: ${output.refused}.`;
    // People are asked now. Whatever they answer, nothing comes back to nodes that are empty but for what is stuck.
    if (known.size > 0) await keepCordons(context, facts.nodes);
    const stuck =
      known.size === 0
        ? ''
        : ` ${counted(known.size, 'pod')} did not end: ${someOf(output.stuck.map(podName))}. ${staysWords(context.cluster.name, facts.nodes)}`;
    const rest = known.size === 0 && ending === '' ? '' : ' but for what is named here';
    const note = `${namesOf(facts.nodes)} ${facts.nodes.length === 1 ? 'is' : 'are'} empty${rest}. Evicted: ${counted(output.evicted, 'pod')}.${refused}${stuck}${ending === '' ? '' : ` ${ending}`}`;
    return { kind: 'done', output, note };
  },
});

/** What holds of the cordons while people are asked, and when they refuse. */
function staysWords(cluster: string, nodes: readonly { readonly name: string }[]): string {
  const named = nodes.map(({ name }) => `node/${name}`).join(' ');
  return `Without a yes to force the cordons stay; \`/kube uncordon ${cluster} ${named}\` takes them back.`;
}
