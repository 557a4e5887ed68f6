import { z } from 'zod';
import { defineStep, ONCE } from '../../src/core/step.ts';
import { RingInput, RingOutput } from '../etcd-replace/input.ts';
import { ChangeState, carryOut, NOT_WAITING } from './carry-out.ts';
import { deletionOf } from './delete-object.ts';

/** Input of `node.delete@1`. */
export const DeleteNodeInput = RingInput.extend({
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()).exactOptional(),
  node: z.object({ name: z.string().min(1), uid: z.string().min(1) }),
});

/**
 * Deletes the Node object of a member that was removed, by its uid: its mirror pods, whose annotations mislead kubeadm and operators, go
 * with it. Nothing on the machine is touched.
 */
export const deleteNodeStep = defineStep({
  kind: 'node.delete@1',
  input: DeleteNodeInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: ({ node }) => `Delete the Node object ${node.name}; nothing on the machine is touched`,
  items: ({ node }) => [`Node ${node.name}`],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { name, uid } = input.node;
    const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
    const doomed = { ref, uid, action: 'delete-node', item: `Node ${name}` };
    return await carryOut(context, input, state, [deletionOf(context.ports.kubernetes, doomed, context.signal)]);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});
