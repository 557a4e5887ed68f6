import { z } from 'zod';
import { readNode } from '../../kubernetes/node.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { NodeSign } from './signs.ts';

const Addresses = z.object({
  status: z.object({ addresses: z.array(z.object({ address: z.string() })).default([]) }).prefault({}),
});

/** Reads a node with its addresses. @throws ZodError when the object has not the shape of one. */
export function readNodeSign(object: KubernetesObject): NodeSign {
  const read = Addresses.safeParse(object);
  const addresses = read.success ? read.data.status.addresses.map(({ address }) => address) : [];
  return { ...readNode(object), addresses: [...new Set(addresses)] };
}
