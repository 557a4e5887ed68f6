import { z } from 'zod';
import { RingInput, TargetRef } from '../input.ts';

const Named = z.object({ name: z.string().min(1), uid: z.string().min(1) });

/** Whose machine is replaced, and what else is there. Identities only: all of it is hashed. */
export const ControllerInput = RingInput.extend({
  /** The member that the controller removes; `null`: it is no member any more. */
  member: TargetRef.nullable(),
  /** The Cluster object. */
  cluster: Named.extend({ namespace: z.string().min(1) }),
  /** Who replaces the machine. */
  owner: Named.extend({ kind: z.enum(['KubeadmControlPlane', 'EtcdadmCluster']) }),
  machine: Named,
  /** The other machines of that owner. */
  otherMachines: z.array(Named),
  /** Other voters that the plan knew to be dead. */
  alsoDead: z.array(z.string()),
});
export type ControllerInput = z.infer<typeof ControllerInput>;

/** What is waited for. */
export const AwaitInput = ControllerInput.extend({
  /** This run deletes the machine, which nobody can take back; `false`: it only asks the controller to. */
  deleted: z.boolean(),
});
export type AwaitInput = z.infer<typeof AwaitInput>;

/** How the controller is told. */
export const RemediateInput = ControllerInput.extend({
  /** Why the member goes: it does not vote, or something else is wrong with it. */
  removal: z.enum(['dead', 'sick']),
  trigger: z.enum(['annotation', 'deletion']),
  /** The MachineHealthCheck that reads the annotation; `null`: none does. */
  healthCheck: z.string().nullable(),
});
export type RemediateInput = z.infer<typeof RemediateInput>;
