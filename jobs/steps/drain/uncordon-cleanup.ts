import { z } from 'zod';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import { defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { notPutBack } from '../put-back.ts';
import { type NodeCalls, OPEN } from './cordon-node.ts';
import { DrainedNode, NODE_CALL_MS, nodeRef } from './drained-node.ts';

/** A node that a run cordoned, or was about to. */
export const UncordonInput = z.strictObject({ run: z.string().min(1), node: DrainedNode });
export type UncordonInput = z.infer<typeof UncordonInput>;

/** Id of the registered cleanup of one node. */
export function uncordonId({ name }: Pick<DrainedNode, 'name'>): string {
  return `uncordon/${name}`;
}

/** Lets a node take pods again that this run cordoned, by its mark. What somebody else cordoned stays so. Safe to call twice. */
export const uncordonCleanup = defineCleanup({
  kind: 'nodes.uncordon-own@1',
  input: UncordonInput,
  needs: ['kubernetes'],
  restore: async ({ ports, signal }, input) => await uncordonOwn(ports.kubernetes, input, signal),
});

async function uncordonOwn(
  kubernetes: NodeCalls,
  { run, node: { name, uid } }: UncordonInput,
  signal: AbortSignal,
): Promise<string | NotYet | null> {
  const call = { timeoutMs: NODE_CALL_MS, signal };
  const byHand = `kubectl uncordon ${name}`;
  const got = await kubernetes.get(nodeRef(name), call);
  if (!got.ok && got.error.code === 'not-found') return null;
  if (!got.ok)
    return notPutBack(got.error.code, `whether ${name} is cordoned could not be read: ${got.error.message}`, byHand);
  const { resourceVersion } = got.value.metadata;
  const { annotations } = readNode(got.value);
  if (got.value.metadata.uid !== uid || annotations[CORDONED_BY] !== run) return null;
  const opened = await kubernetes.patchMerge(nodeRef(name), OPEN, { ...call, preconditions: { uid, resourceVersion } });
  if (opened.ok || opened.error.code === 'not-found') return null;
  return notPutBack(opened.error.code, `${name} is still cordoned: ${opened.error.message}`, byHand);
}
