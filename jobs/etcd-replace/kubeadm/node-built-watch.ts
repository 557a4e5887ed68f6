import { z } from 'zod';
import { isControlPlane, readNode } from '../../../src/core/kubernetes/node.ts';
import { defineWatch } from '../../../src/core/runbook.ts';

/** Limit of one look, ms. */
const CALL_MS = 10_000;

/** Looks, while a person builds a node, whether a control-plane node is ready that was not there when the plan was made. */
export const nodeBuiltWatch = defineWatch({
  kind: 'kubeadm.node-built@1',
  input: z.object({
    /** Uids of the control-plane nodes when the plan was made. */
    known: z.array(z.string()),
  }),
  needs: ['kubernetes'],
  everyMs: 15_000,
  look: async ({ ports, signal }, { known }) => {
    const listed = await ports.kubernetes.list(
      { apiVersion: 'v1', kind: 'Node', namespace: null },
      { timeoutMs: CALL_MS, signal },
    );
    if (!listed.ok) return null;
    const added = listed.value.items
      .map(readNode)
      .find((each) => isControlPlane(each) && each.ready === 'yes' && !known.includes(each.uid));
    return added === undefined ? null : { seen: `node ${added.name} is ready` };
  },
});
