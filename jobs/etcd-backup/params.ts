import { z } from 'zod';

/** What `/kube backup` asks for. */
export const BackupParams = z.strictObject({
  /** Name or id of the member that shall give it; `null`: by rule. */
  member: z.string().min(1).nullable(),
  /** What it is for, in the requester's words. */
  note: z.string().nullable(),
  /** Who asked, team and user: `T0HOME/U0OPERATOR`. */
  by: z.string().min(1),
});
export type BackupParams = z.infer<typeof BackupParams>;
