import type { DrainFacts } from '../../../src/core/drain/facts.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import { cordonStep } from '../../steps/drain/cordon-step.ts';
import type { DrainInput } from '../../steps/drain/drain-input.ts';
import { drainStep } from '../../steps/drain/drain-step.ts';
import { verifyDrainedStep } from '../../steps/drain/verify-drained-step.ts';
import type { GroupLine } from '../provider.ts';
import { type AwaitedNode, cameBackStep } from './came-back-step.ts';
import { cameBackWatch } from './came-back-watch.ts';

/** What the lines of one node are made of. */
export interface NodeOrder {
  readonly group: string;
  readonly awaited: AwaitedNode;
  /** Of all nodes of the group: what leaves one node may run on the next. */
  readonly facts: DrainFacts;
  readonly limits: DrainInput['limits'];
  /** As the plan of the drain has them. */
  readonly keptCordoned: readonly string[];
  /** How long people may take, ms. */
  readonly withinMs: number;
}

/** Drain it, wait for people to replace or upgrade it, and see that it is there. */
export function nodeLines({
  group,
  awaited,
  facts: all,
  limits,
  keptCordoned,
  withinMs,
}: NodeOrder): readonly GroupLine[] {
  const { node, to } = awaited;
  const facts: DrainFacts = { ...all, nodes: [node] };
  const drain: DrainInput = { facts, limits, graceSeconds: null, leavesStuck: false, keptCordoned: [...keptCordoned] };
  return [
    {
      step: cordonStep.plan({ nodes: [node], towards: to }),
      forecast: 'No new pods are placed there.',
      estimateMs: 2000,
    },
    {
      step: drainStep.plan(drain),
      forecast: `Pods leave as their budgets allow; at most ${spanAsSet(limits.nodeMs)}.`,
      estimateMs: null,
    },
    { step: verifyDrainedStep.plan({ facts }), forecast: 'Reads only.', estimateMs: null },
    {
      step: cameBackStep.plan(awaited),
      forecast: 'New pods may be placed there again.',
      estimateMs: null,
      gates: [
        {
          id: `replace-${node.name.replaceAll(/[^\w-]/g, '-')}`,
          kind: 'continue',
          title: `Replace or upgrade ${node.name} now: it is drained, and is to come back at ${to}`,
          expect: null,
          choices: [],
          instructions: instructions(group, node.name, to),
          expiresMs: withinMs,
          watch: { kind: 'generic.node-came-back@1', input: awaited },
        },
      ],
    },
  ];
}

/** The watch of these gates, for the list of the provider. */
export const NODE_WATCHES = [cameBackWatch] as const;

function instructions(group: string, node: string, to: string): string {
  return [
    `${node} is cordoned, and nothing but pods of daemon sets runs there.`,
    `Replace its machine by one at ${to}, with the labels of ${group}; or upgrade it in place. On a host of kubeadm:`,
    'kubeadm upgrade node',
    `# install kubelet and kubectl ${to.replace(/^v/, '')} as your distribution does, then`,
    'systemctl daemon-reload && systemctl restart kubelet',
    `The run goes on by itself when ${node} is ready at ${to}, or when it is gone and another node of ${group} is ready at ${to} in its place.`,
  ].join('\n');
}
