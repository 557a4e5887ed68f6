import { z } from 'zod';

/** What `/kube replace` asks for. */
export const ReplaceParams = z.strictObject({
  /** Which member, by name or id; or the node that it runs on. */
  target: z.strictObject({ kind: z.enum(['member', 'node']), name: z.string().min(1) }),
  /** Id of a recent backup to rely on, or `latest`; `null`: one is taken first. */
  backup: z.string().min(1).nullable(),
  /** Replace it although nothing is wrong with it: a planned swap, the new member first. */
  overHealthy: z.boolean(),
  /** Peer URL of the new member of a bare ring; `null`: the one of the old. */
  peerUrl: z.string().min(1).nullable(),
  /** Who asked, team and user: `T0HOME/U0OPERATOR`. */
  by: z.string().min(1),
});
export type ReplaceParams = z.infer<typeof ReplaceParams>;
