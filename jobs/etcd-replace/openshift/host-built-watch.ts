import { z } from 'zod';
import { isControlPlane, readNode } from '../../../src/core/kubernetes/node.ts';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { defineWatch } from '../../../src/core/runbook.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';

const Installed = z.object({
  status: z.object({ nodeInfo: z.object({ machineID: z.string().default('') }).prefault({}) }).prefault({}),
});

/** What an installation is known by, whatever its node is called: made anew when a host is installed. `null`: not told. */
function installedAs(node: KubernetesObject): string | null {
  return Installed.safeParse(node).data?.status.nodeInfo.machineID || null;
}

/** The installation behind a node; `null`: the node is gone, or nobody told. */
export async function machineIdOf(
  kubernetes: Pick<KubernetesPort, 'get'>,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
  const got = await kubernetes.get(ref, { timeoutMs: OBJECT_CALL_MS, signal });
  return got.ok ? installedAs(got.value) : null;
}

/**
 * Looks for a control-plane node that is ready and was not there when the plan was made. The old host that is switched on again registers a new
 * node, too: it is none.
 */
export const hostBuiltWatch = defineWatch({
  kind: 'ocp.host-built@1',
  input: z.object({
    /** Uids of the control-plane nodes when the plan was made. */
    known: z.array(z.string()),
    /** Of the old host, where it was told. */
    oldMachineId: z.string().nullable(),
  }),
  needs: ['kubernetes'],
  everyMs: 30_000,
  look: async ({ ports, signal }, { known, oldMachineId }) => {
    const listed = await ports.kubernetes.list(
      { apiVersion: 'v1', kind: 'Node', namespace: null },
      { timeoutMs: OBJECT_CALL_MS, signal },
    );
    if (!listed.ok) return null;
    const added = listed.value.items
      .filter((each) => oldMachineId === null || installedAs(each) !== oldMachineId)
      .map(readNode)
      .find((each) => isControlPlane(each) && each.ready === 'yes' && !known.includes(each.uid));
    return added === undefined ? null : { seen: `node ${added.name} is ready` };
  },
});
