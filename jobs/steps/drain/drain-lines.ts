import type { DrainFacts } from '../../../src/core/drain/facts.ts';
import { counted } from '../../../src/core/drain/words.ts';
import type { DraftGate } from '../../../src/core/runbook.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import type { GroupLine } from '../../node-groups/provider.ts';
import { cordonStep, namesOf } from './cordon-step.ts';
import type { DrainInput, DrainOutput } from './drain-input.ts';
import { drainStep } from './drain-step.ts';
import { forceDeleteStep } from './force-delete-step.ts';
import { verifyDrainedStep } from './verify-drained-step.ts';

/** What the lines are made from. */
export interface LinesOrder {
  readonly cluster: string;
  readonly input: DrainInput;
  /** Pods that go, as counted when it was planned. */
  readonly pods: number;
}

/** The lines of a drain: cordon all, drain, what is stuck if that was asked for, look. */
export function drainLinesOf({ cluster, input, pods }: LinesOrder): readonly GroupLine[] {
  const { facts, limits, leavesStuck } = input;
  const nodes = facts.nodes.map(({ name, uid }) => ({ name, uid }));
  const gates = facts.consents.ignoreBudgets ? [budgetGate(cluster, facts)] : [];
  const each = `each node has ${spanAsSet(limits.nodeMs)}, all together ${spanAsSet(limits.wholeMs)}`;
  const taken = `Taken back by itself when the run does not succeed${leavesStuck ? '; it stays when people say no to force' : ''}.`;
  return [
    {
      step: cordonStep.plan({ nodes }),
      forecast: `No new pods are placed there. ${taken}`,
      estimateMs: null,
      gates,
    },
    {
      step: drainStep.plan(input),
      forecast: `${counted(pods, 'pod')} of ${counted(facts.owners.length + facts.pods.length, 'owner')} move; ${each}`,
      estimateMs: null,
    },
    ...(leavesStuck
      ? [
          {
            step: forceDeleteStep.plan({ facts }),
            forecast:
              'Nothing, when every pod ended by itself. A pod that is deleted by force may go on running on its node, beside the one that replaces it: a StatefulSet may write its volume twice.',
            estimateMs: null,
            gates: [forceGate(cluster, facts)],
          },
        ]
      : []),
    { step: verifyDrainedStep.plan({ facts }), forecast: 'Reads only.', estimateMs: null },
  ];
}

/** Asked only when something is stuck, and names it. */
function forceGate(cluster: string, { nodes }: DrainFacts): Omit<DraftGate, 'beforeStep'> {
  return {
    id: 'force-delete',
    kind: 'typed',
    title: `Delete by force the pods of ${namesOf(nodes)} that do not end`,
    expect: toType(cluster, nodes),
    choices: [],
    about: 'stuck' satisfies keyof DrainOutput,
  };
}

/** Of one node its name, of several that of the cluster. */
function toType(cluster: string, [only, ...others]: DrainFacts['nodes']): string {
  return only === undefined || others.length > 0 ? cluster : only.name;
}

/** Somebody types a name beside the approval: budgets are a promise to others. */
function budgetGate(cluster: string, { nodes, budgets }: DrainFacts): Omit<DraftGate, 'beforeStep'> {
  const broken = budgets ?? [];
  const named = broken.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  // The count first: a long title is cut.
  const which = broken.length === 0 ? 'No budget covers them now' : `${counted(broken.length, 'budget')}: ${named}`;
  return {
    id: 'ignore-budgets',
    kind: 'typed',
    title: `Delete the pods of ${namesOf(nodes)} against their budgets. ${which}`,
    expect: toType(cluster, nodes),
    choices: [],
  };
}
