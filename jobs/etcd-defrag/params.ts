import { z } from 'zod';

/** What `/kube defrag` asks for. */
export const DefragParams = z.strictObject({
  /** Names or ids of members; empty: by rule. */
  members: z.array(z.string().min(1)),
  /** Every member, whatever its file looks like. */
  all: z.boolean(),
  /** Move leadership away before the leader's turn. */
  moveLeader: z.boolean(),
  /** Pause between members, ms; `null`: as configured. */
  pauseMs: z.number().int().min(0).nullable(),
});
export type DefragParams = z.infer<typeof DefragParams>;
