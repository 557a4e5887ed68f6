import { z } from 'zod';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import { GroupMark } from '../../../src/core/node-groups/node-mark.ts';
import { onTarget } from '../../../src/core/node-groups/on-target.ts';
import { nodesReport } from '../../steps/drain/uncordon-step.ts';
import type { GroupStepContext, Unseen, Verified } from '../provider.ts';
import { verifyStep } from '../roll/verify-step.ts';
import { readNodes } from './read-nodes.ts';

/** What of a plan `generic.verify@1` is given: a group, and where it is to be. */
export const GenericChange = z.object({
  /** As people type it: `nodegroup/blue`. */
  group: z.string().min(1),
  mark: GroupMark,
  /** Target with its `v`. */
  to: z.string().min(1),
  /** uids of the nodes of the group when the plan was made. */
  known: z.array(z.string()),
});
export type GenericChange = z.infer<typeof GenericChange>;

/** Looks at every node of the group, those too that nobody planned for, and reports all nodes of the cluster. */
export async function verifyGroup(context: GroupStepContext, change: GenericChange): Promise<Verified | Unseen> {
  const nodes = await readNodes(context.ports.kubernetes, context.signal);
  if (!nodes.ok) {
    const unseen = {
      kind: 'unseen',
      what: 'workload',
      words: `the nodes could not be read: ${nodes.error.message}`,
    } as const;
    return isAccessRefused(nodes.error.code) ? { ...unseen, reason: 'access-refused' } : unseen;
  }
  const { troubles, notes } = onTarget(change, nodes.value);
  const report = await nodesReport(context, '');
  return { troubles, tables: report.tables, notes: [...notes, ...report.notes] };
}

/** The end of an upgrade by others: an old node in the group is no success, whoever brought it. */
export const genericVerifyStep = verifyStep<GenericChange>(
  { change: GenericChange, verify: verifyGroup },
  {
    prefix: 'generic',
    describe: ({ group, to }) => ({ verify: `Look whether every node of ${group} is ready at ${to}` }),
    items: ({ group }) => [group],
    group: ({ group }) => group,
    to: ({ to }) => to,
    undo: () => null,
    goesForwardOnly: () => true,
  },
);
