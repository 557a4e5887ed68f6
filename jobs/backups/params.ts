import { z } from 'zod';

/** What `/kube backups` asks for; `hold` and `release` are ids or `latest`, and at most one of the three is set. */
export const BackupsParams = z.strictObject({
  verify: z.boolean(),
  hold: z.string().min(1).nullable(),
  release: z.string().min(1).nullable(),
  /** Why it is held; empty: nobody said. */
  why: z.string(),
  /** Who asks: team and user. */
  by: z.string().min(1),
});
export type BackupsParams = z.infer<typeof BackupsParams>;
