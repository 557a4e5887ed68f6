import { z } from 'zod';
import { defineStep, ONCE } from '../../../src/core/step.ts';
import { ChangeState, carryOut, NOT_WAITING } from '../../steps/carry-out.ts';
import { deletionOf } from '../../steps/delete-object.ts';
import { RingInput, RingOutput } from '../input.ts';

/** Where the certificates of etcd are. */
export const ETCD_NAMESPACE = 'openshift-etcd';

/** Input of `ocp.delete-secrets@1`: which Secrets was settled in the plan, name by name. */
export const DeleteSecretsInput = RingInput.extend({
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()).exactOptional(),
  node: z.string().min(1),
  secrets: z.array(z.object({ name: z.string().min(1), uid: z.string().min(1) })),
});

/**
 * Deletes the Secrets with the certificates of exactly one node, each by its uid, so that the operator makes new ones for the addresses of
 * the new machine. One that the operator has made anew meanwhile is another object and stays.
 */
export const deleteSecretsStep = defineStep({
  kind: 'ocp.delete-secrets@1',
  input: DeleteSecretsInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: ({ node, secrets }) =>
    secrets.length === 0
      ? `No Secret of ${node} is left to delete`
      : `Delete the etcd certificates of ${node}: ${secrets.map(({ name }) => name).join(', ')}`,
  items: ({ secrets }) => secrets.map(({ name }) => `Secret ${name}`),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) =>
    await carryOut(
      context,
      input,
      state,
      input.secrets.map(({ name, uid }) => {
        const ref = { apiVersion: 'v1', kind: 'Secret', namespace: ETCD_NAMESPACE, name };
        const doomed = { ref, uid, action: 'delete-secret', item: `Secret ${name}` };
        return deletionOf(context.ports.kubernetes, doomed, context.signal);
      }),
    ),
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});
