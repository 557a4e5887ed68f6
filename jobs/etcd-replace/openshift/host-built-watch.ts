import { z } from 'zod';
import { isControlPlane, readNode } from '../../../src/core/kubernetes/node.ts';
import { defineWatch } from '../../../src/core/runbook.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';

/** Looks for a control-plane node that is ready and was not there when the plan was made. */
export const hostBuiltWatch = defineWatch({
  kind: 'ocp.host-built@1',
  input: z.object({
    /** Uids of the control-plane nodes when the plan was made. */
    known: z.array(z.string()),
  }),
  needs: ['kubernetes'],
  everyMs: 30_000,
  look: async ({ ports, signal }, { known }) => {
    const listed = await ports.kubernetes.list(
      { apiVersion: 'v1', kind: 'Node', namespace: null },
      { timeoutMs: OBJECT_CALL_MS, signal },
    );
    if (!listed.ok) return null;
    const added = listed.value.items
      .map(readNode)
      .find((each) => isControlPlane(each) && each.ready === 'yes' && !known.includes(each.uid));
    return added === undefined ? null : { seen: `node ${added.name} is ready` };
  },
});
