import { z } from 'zod';
import type { LocalApi } from '../contracts.ts';
import { COMPONENTS, type Flavour } from '../flavour.ts';
import type { ClusterNode } from './nodes.ts';

const Conditions = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

/** Whether the API server says that every node and every control-plane pod is ready. */
export async function isReady(api: LocalApi, nodes: readonly ClusterNode[], flavour: Flavour): Promise<boolean> {
  const pods = nodes
    .filter((node) => node.role === 'control-plane')
    .flatMap((node) => COMPONENTS.map((each) => flavour.podOf(each, node.name)))
    .map(({ namespace, name }) => `/api/v1/namespaces/${namespace}/pods/${name}`);
  const paths = [...nodes.map((node) => `/api/v1/nodes/${node.name}`), ...pods];
  const found = await Promise.all(paths.map((path) => isReadyAt(api, path)));
  return found.every(Boolean);
}

async function isReadyAt(api: LocalApi, path: string): Promise<boolean> {
  try {
    const { body } = await api.request({ method: 'GET', path });
    const read = Conditions.safeParse(body);
    return (
      read.success && read.data.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
    );
  } catch {
    // The API server is away.
    return false;
  }
}
