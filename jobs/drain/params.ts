import { z } from 'zod';

/** What `/kube drain` asks for. */
export const DrainParams = z.strictObject({
  /** Names of nodes, each once, as typed. */
  nodes: z.array(z.string().min(1)).min(1),
  /** Data in empty directories are given up: `--delete-emptydir-data`. */
  deleteEmptyDir: z.boolean(),
  /** Pods that nobody makes anew are given up: `--unmanaged`. */
  unmanaged: z.boolean(),
  /** Budgets are passed over: pods are deleted instead of evicted. */
  ignoreBudgets: z.boolean(),
  /** Pods that are stuck in the end are deleted by force. */
  forceStuck: z.boolean(),
  /** Grace period of each pod, ms; `null`: its own. */
  graceMs: z.number().int().nonnegative().nullable(),
  /** Nodes at once at most; `null`: as configured. */
  parallel: z.number().int().positive().nullable(),
  /** How long one node may take, ms; `null`: as configured. */
  timeoutMs: z.number().int().positive().nullable(),
});
export type DrainParams = z.infer<typeof DrainParams>;
