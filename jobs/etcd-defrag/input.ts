import { z } from 'zod';
import { RingIdentity } from '../../src/core/etcd/identity.ts';

/** What every step of this runbook relies on: the ring that was approved. */
export const RingInput = z.object({ ring: RingIdentity });
export type RingInput = z.infer<typeof RingInput>;

/** A member as steps name it. */
export const MemberRef = z.object({ id: z.string().min(1), label: z.string().min(1) });
export type MemberRef = z.infer<typeof MemberRef>;

/** Input of `etcd.defragment@1`. Nothing in it is a measurement. */
export const DefragInput = z.object({
  ring: RingIdentity,
  /** By label; the order is decided at run time. */
  members: z.array(MemberRef).min(1),
  moveLeader: z.boolean(),
  /** Pause between members, ms. */
  pauseMs: z.number().int().min(0),
  /** How long a member may stay silent after its turn, ms. */
  answerWithinMs: z.number().int().positive(),
  /** The run is there to clear a NOSPACE alarm. */
  nospace: z.boolean(),
});
export type DefragInput = z.infer<typeof DefragInput>;
