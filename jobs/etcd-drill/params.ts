import { z } from 'zod';

/** What `/kube drill` asks for: the id of a backup, or `latest`. */
export const DrillParams = z.strictObject({ backup: z.string().min(1) });
export type DrillParams = z.infer<typeof DrillParams>;
