import { z } from 'zod';

/** What `/kube uncordon` asks for. */
export const UncordonParams = z.strictObject({
  /** Names of nodes, each once, as typed. */
  nodes: z.array(z.string().min(1)).min(1),
});
export type UncordonParams = z.infer<typeof UncordonParams>;
