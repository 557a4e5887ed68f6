import { type CommandArguments, defineCommand } from '../src/core/command.ts';
import { MOST_NODES } from '../src/core/drain/facts.ts';
import type { JsonObject } from '../src/core/json.ts';
import { readEqualitySelector } from '../src/core/kubernetes/equality-selector.ts';
import { orderNodesRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

const MOST_PARALLEL = 25;
/** A longer grace period than this is a slip of the keyboard. */
const LONGEST_GRACE_MS = 3_600_000;
const LEAST_SKIP_MS = 60_000;

/** `/kube drain <cluster> node/NAME|nodegroup/NAME …|--selector pool=blue [--delete-emptydir-data] [--unmanaged] [--grace 30s] …` */
export const drain = defineCommand({
  name: 'drain',
  group: 'nodes',
  summary: 'Empty nodes for maintenance: cordon them, and evict their pods as far as budgets allow.',
  details: [
    'Says before the click what would block it: every eviction is asked for as a dry run, and the budgets of all pods are counted together. Who approves the plan is what the policy says.',
    'Takes nodes, whole node groups as `/kube nodegroups` shows them, or the nodes whose labels fit `--selector`. A node that appears meanwhile and fits is told and left alone; at the end you are asked to plan again.',
    'All nodes are cordoned first. Then as many pods go as the budgets allow at that moment; the card shows which budget is waited for, and how many pods are left.',
    'Pods of daemon sets stay. Pods with an empty directory or without an owner need a flag of their own, because their data or they themselves are gone afterwards.',
    'When it does not succeed, nodes that this run cordoned take pods again; what somebody else cordoned stays so. When it does, or people say no to force, they stay cordoned: `/kube uncordon` ends the maintenance.',
    'Never passes over a budget unless `--ignore-budgets` says so, and whoever approves types the name of the node (of several: of the cluster).',
    'Never deletes by force unless `--force-stuck` says so. Then, if pods do not end, the run asks again: it names each pod with what speaks against force, and an approver types the name of the node (of several: of the cluster).',
  ],
  examples: [
    '/kube drain prod node/worker-2',
    '/kube drain prod node/worker-2 node/worker-3 --delete-emptydir-data --dry-run',
    '/kube drain prod nodegroup/md-0 --dry-run',
    '/kube drain prod --selector pool=blue,zone=a',
    '/kube drain prod node/worker-2 --grace 30s --timeout 1h',
  ],
  policyVerb: 'drain',
  arguments: {
    subject: 'cluster',
    targets: { kinds: ['node', 'nodegroup'], orFlag: 'selector', min: 0, max: MOST_NODES },
    flags: {
      selector: {
        type: 'text',
        summary:
          'Instead of names: nodes whose labels fit, by equality as kubectl has it; several are joined by commas.',
        example: 'pool=blue',
      },
      'delete-emptydir-data': {
        type: 'switch',
        summary: 'Evict pods with an empty directory too: their data there are lost.',
      },
      unmanaged: {
        type: 'switch',
        summary: 'Evict pods that nobody makes anew too: they are gone afterwards.',
      },
      'ignore-budgets': {
        type: 'switch',
        summary: 'Delete pods instead of evicting them, against their budgets; approvers type a name for that.',
      },
      'force-stuck': {
        type: 'switch',
        summary: 'At the end ask again, with the names of the pods that do not end, and delete them by force.',
      },
      'skip-ending': {
        type: 'duration',
        summary: 'Do not wait for pods that should have ended longer ago than this; they are named at the end.',
        example: '10m',
      },
      grace: {
        type: 'duration',
        summary: 'Grace period of each pod; without it, the pod’s own.',
        example: '30s',
      },
      parallel: { type: 'count', summary: 'Nodes at once; without it, as configured (3).', example: '3' },
      timeout: { type: 'duration', summary: 'Time for one node; without it, as configured (30m).', example: '30m' },
    },
    rest: null,
  },
  runbook: 'drain',
  notScheduled: 'A drain makes room for work that follows at once: that cannot be scheduled.',
  handle: async (context, args) => {
    const mistake = mistakeIn(args);
    return await Promise.resolve(
      mistake === null
        ? orderNodesRun(context, 'drain', args, paramsOf(args))
        : reply(mistakeAnswer({ text: mistake, nearest: null, usage: usageOf(drain) })),
    );
  },
});

function mistakeIn({ targets, flags }: CommandArguments): string | null {
  const { grace, parallel, timeout, selector, 'skip-ending': skip } = flags;
  const wrong = choiceMistake(targets.length > 0, selector);
  if (wrong !== null) return wrong;
  if (typeof parallel === 'number' && (parallel < 1 || parallel > MOST_PARALLEL))
    return `--parallel takes 1 to ${MOST_PARALLEL} nodes.`;
  if (typeof grace === 'number' && grace > LONGEST_GRACE_MS) return '--grace is an hour at most.';
  if (typeof grace === 'number' && grace < 1000)
    return 'A grace period below 1s is a deletion by force: --grace takes 1s and more.';
  if (typeof skip === 'number' && skip < LEAST_SKIP_MS)
    return '--skip-ending takes 1m and more: pods need some time to end.';
  if (typeof skip === 'number' && flags['force-stuck'] === true)
    return '--skip-ending leaves pods that --force-stuck deletes: give one of them.';
  if (typeof skip === 'number' && typeof timeout === 'number' && timeout > 0 && skip >= timeout)
    return '--skip-ending has to be shorter than --timeout: the node would be given up before.';
  if (timeout === 0) return '--timeout 0s would give up at once.';
  return null;
}

function choiceMistake(named: boolean, selector: CommandArguments['flags'][string] | undefined): string | null {
  if (typeof selector !== 'string')
    return named ? null : 'drain needs what to empty: node/NAME, nodegroup/NAME, or --selector pool=blue.';
  if (named) return 'Names and --selector do not go together: give one of them.';
  const read = readEqualitySelector(selector);
  return read.ok ? null : `--selector: ${read.why}.`;
}

function paramsOf({ targets, flags }: CommandArguments): JsonObject {
  const { grace, parallel, timeout, selector } = flags;
  const read = typeof selector === 'string' ? readEqualitySelector(selector) : null;
  const named = (kind: string): string[] => targets.flatMap((each) => (each.kind === kind ? [each.name] : []));
  return {
    nodes: named('node'),
    groups: named('nodegroup'),
    selector: read?.ok === true ? read.terms.map(({ key, value, is }) => ({ key, value, is })) : null,
    deleteEmptyDir: flags['delete-emptydir-data'] === true,
    unmanaged: flags['unmanaged'] === true,
    ignoreBudgets: flags['ignore-budgets'] === true,
    forceStuck: flags['force-stuck'] === true,
    skipEndingMs: typeof flags['skip-ending'] === 'number' ? flags['skip-ending'] : null,
    graceMs: typeof grace === 'number' ? grace : null,
    parallel: typeof parallel === 'number' ? parallel : null,
    timeoutMs: typeof timeout === 'number' ? timeout : null,
  };
}
