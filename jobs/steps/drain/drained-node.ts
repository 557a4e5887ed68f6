import { z } from 'zod';
import type { ObjectRef } from '../../../src/core/ports/kubernetes.ts';

/** A node that a plan names. */
export const DrainedNode = z.object({ name: z.string().min(1), uid: z.string().min(1) });
export type DrainedNode = z.infer<typeof DrainedNode>;

/** Limit of one call on a node, ms. */
export const NODE_CALL_MS = 10_000;

/** Names a node for the API server. */
export function nodeRef(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Node', namespace: null, name };
}
