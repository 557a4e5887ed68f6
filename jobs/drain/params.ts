import { z } from 'zod';
import { EqualityTerm } from '../../src/core/kubernetes/equality-selector.ts';

/** What `/kube drain` asks for. */
export const DrainParams = z.strictObject({
  /** Names of nodes, each once, as typed. */
  nodes: z.array(z.string().min(1)),
  /** Names of node groups, as typed: all their nodes. */
  groups: z.array(z.string().min(1)).default([]),
  /** Nodes whose labels fit; `null`: none was given. */
  selector: z.array(EqualityTerm).min(1).nullable().default(null),
  /** Data in empty directories are given up: `--delete-emptydir-data`. */
  deleteEmptyDir: z.boolean(),
  /** Pods that nobody makes anew are given up: `--unmanaged`. */
  unmanaged: z.boolean(),
  /** Budgets are passed over: pods are deleted instead of evicted. */
  ignoreBudgets: z.boolean(),
  /** Pods that are stuck in the end are deleted by force. */
  forceStuck: z.boolean(),
  /** Pods that should have ended longer ago than this are not waited for, ms; `null`: all are. */
  skipEndingMs: z.number().int().positive().nullable().default(null),
  /** Grace period of each pod, ms; `null`: its own. */
  graceMs: z.number().int().nonnegative().nullable(),
  /** Nodes at once at most; `null`: as configured. */
  parallel: z.number().int().positive().nullable(),
  /** How long one node may take, ms; `null`: as configured. */
  timeoutMs: z.number().int().positive().nullable(),
});
export type DrainParams = z.infer<typeof DrainParams>;
