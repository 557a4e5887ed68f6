import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { ChangeLook, ObjectChange } from '../object-change.ts';
import { type DrainedNode, NODE_CALL_MS, nodeRef } from './drained-node.ts';

/** What cordoning asks of an API server. */
export type NodeCalls = Pick<KubernetesPort, 'get' | 'patchMerge'>;

/**
 * Cordons one node, by its uid, and writes the run beside it in the same patch. A node that somebody else cordoned stays theirs: it is done,
 * and carries no mark of ours.
 */
export function cordonOf(kubernetes: NodeCalls, node: DrainedNode, run: string, signal: AbortSignal): ObjectChange {
  return {
    item: node.name,
    action: 'cordon',
    facts: { node: node.name, uid: node.uid },
    look: async () => await lookAt(kubernetes, node, signal, isCordoned),
    call: async (calling) =>
      await patchNode(kubernetes, node, calling, ({ cordoned }) =>
        cordoned ? null : { spec: { unschedulable: true }, metadata: { annotations: { [CORDONED_BY]: run } } },
      ),
  };
}

/** Whose cordon is taken away. `others`: what the cordon of somebody else means: the end as drifted, or that it stays and nothing is done. */
export interface Cordoner {
  readonly run: string;
  readonly others: 'drift' | 'stay';
}

/**
 * Lets one node take pods again, by its uid, and takes the mark of the run away. Whose mark it has is asked right before the call.
 *
 * @param whose `null`: whoever cordoned it
 */
export function uncordonOf(
  kubernetes: NodeCalls,
  node: DrainedNode,
  whose: Cordoner | null,
  signal: AbortSignal,
): ObjectChange {
  return {
    item: node.name,
    action: 'uncordon',
    facts: { node: node.name, uid: node.uid },
    look: async () => await lookAt(kubernetes, node, signal, (seen) => isOpen(seen, whose)),
    call: async (calling) =>
      await patchNode(kubernetes, node, calling, (seen) =>
        (seen.cordoned || seen.annotations[CORDONED_BY] !== undefined) && !isForeign(seen, whose) ? OPEN : null,
      ),
  };
}

/** What takes a cordon and its mark away. */
export const OPEN = { spec: { unschedulable: null }, metadata: { annotations: { [CORDONED_BY]: null } } } as const;

async function lookAt(
  kubernetes: NodeCalls,
  { name, uid }: DrainedNode,
  signal: AbortSignal,
  judge: (seen: Seen) => ChangeLook,
): Promise<ChangeLook> {
  const got = await kubernetes.get(nodeRef(name), { timeoutMs: NODE_CALL_MS, signal });
  if (!got.ok && got.error.code === 'not-found') return gone(`${name} is not there any more`);
  if (!got.ok) return { is: 'unread', why: `${name} could not be read: ${got.error.message}` };
  if (got.value.metadata.uid !== uid) return gone(`${name} is another node by now, with the same name`);
  return judge(readNode(got.value));
}

function isCordoned({ name, cordoned }: Seen): ChangeLook {
  return cordoned
    ? { is: 'done', note: `${name} takes no new pods` }
    : { is: 'not-done', note: `${name} is not cordoned` };
}

function isOpen(seen: Seen, whose: Cordoner | null): ChangeLook {
  const { name, cordoned, annotations } = seen;
  if (!cordoned) return { is: 'done', note: `${name} takes pods` };
  if (!isForeign(seen, whose)) return { is: 'not-done', note: `${name} is still cordoned` };
  const why = `${name} is cordoned by ${annotations[CORDONED_BY] ?? 'somebody else'}, and stays so`;
  return whose?.others === 'stay' ? { is: 'done', note: why } : { is: 'odd', reason: 'plan-drifted', why };
}

/** Whether it carries the cordon of somebody else than asked for. */
function isForeign({ cordoned, annotations }: Seen, whose: Cordoner | null): boolean {
  return whose !== null && cordoned && annotations[CORDONED_BY] !== whose.run;
}

function gone(why: string): ChangeLook {
  return { is: 'odd', reason: 'node-gone', why };
}

type Seen = ReturnType<typeof readNode>;
type Patch = Parameters<KubernetesPort['patchMerge']>[1];

/** Patches exactly the revision that was judged, so that what somebody else does meanwhile is a conflict and not overwritten. */
async function patchNode(
  kubernetes: NodeCalls,
  { name, uid }: DrainedNode,
  signal: AbortSignal,
  patchOf: (seen: Seen) => Patch | null,
): Promise<Awaited<ReturnType<ObjectChange['call']>>> {
  const call = { timeoutMs: NODE_CALL_MS, signal };
  const got = await kubernetes.get(nodeRef(name), call);
  if (!got.ok) return got;
  const patch = patchOf(readNode(got.value));
  if (patch === null) return got;
  const { resourceVersion } = got.value.metadata;
  return await kubernetes.patchMerge(nodeRef(name), patch, { ...call, preconditions: { uid, resourceVersion } });
}
