import { z } from 'zod';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import type { KubernetesErrorCode } from '../../../src/core/ports/kubernetes.ts';
import { defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { isForNow, notPutBack } from '../put-back.ts';
import { type NodeCalls, OPEN } from './cordon-node.ts';
import { DrainedNode, NODE_CALL_MS, nodeRef } from './drained-node.ts';

/** Nodes that a run cordoned, or was about to. */
export const UncordonInput = z.strictObject({ run: z.string().min(1), nodes: z.array(DrainedNode).min(1) });
export type UncordonInput = z.infer<typeof UncordonInput>;

/** Id of the registered cleanup of nodes that are cordoned together. */
export function uncordonId(nodes: readonly Pick<DrainedNode, 'name'>[]): string {
  return `uncordon/${nodes
    .map(({ name }) => name)
    .toSorted()
    .join(',')}`;
}

/** Lets nodes take pods again that this run cordoned, by its mark. What somebody else cordoned stays so. Safe to call twice. */
export const uncordonCleanup = defineCleanup({
  kind: 'nodes.uncordon-own@1',
  input: UncordonInput,
  needs: ['kubernetes'],
  restore: async ({ ports, signal }, { run, nodes }) => {
    const troubles: Trouble[] = [];
    for (const node of nodes) {
      const trouble = await uncordonOwn(ports.kubernetes, run, node, signal);
      if (trouble !== null) troubles.push(trouble);
    }
    return stillCordoned(troubles);
  },
});

/** What opens nodes by hand, with the mark of the run: one that is left makes a later cordon look like ours. */
export function uncordonByHand(nodes: readonly Pick<DrainedNode, 'name'>[]): string {
  const names = nodes.map(({ name }) => name).join(' ');
  return `kubectl uncordon ${names} && kubectl annotate node ${names} ${CORDONED_BY}-`;
}

/** Why a node is still cordoned, or may be; without a period. */
export interface Trouble {
  readonly name: string;
  readonly code: KubernetesErrorCode;
  readonly why: string;
}

/** What is answered for the nodes that are left: as long as one of them may still be opened by trying again, it is tried again. */
export function stillCordoned(troubles: readonly Trouble[]): string | NotYet | null {
  const one = troubles.find(({ code }) => isForNow(code)) ?? troubles[0];
  if (one === undefined) return null;
  const why = troubles.map((each) => each.why).join('; ');
  return notPutBack(one.code, why, uncordonByHand(troubles));
}

async function uncordonOwn(
  kubernetes: NodeCalls,
  run: string,
  { name, uid }: DrainedNode,
  signal: AbortSignal,
): Promise<Trouble | null> {
  const call = { timeoutMs: NODE_CALL_MS, signal };
  const got = await kubernetes.get(nodeRef(name), call);
  if (!got.ok) {
    const { code, message } = got.error;
    return code === 'not-found'
      ? null
      : { name, code, why: `whether ${name} is cordoned could not be read: ${message}` };
  }
  const { resourceVersion } = got.value.metadata;
  const { annotations } = readNode(got.value);
  if (got.value.metadata.uid !== uid || annotations[CORDONED_BY] !== run) return null;
  const opened = await kubernetes.patchMerge(nodeRef(name), OPEN, { ...call, preconditions: { uid, resourceVersion } });
  if (opened.ok || opened.error.code === 'not-found') return null;
  return { name, code: opened.error.code, why: `${name} is still cordoned: ${opened.error.message}` };
}
