import type { z } from 'zod';
import { DrainParams } from '../../jobs/drain/params.ts';

/** What a test asks for beside what `drainParams` has. */
export type DrainAsk = Partial<z.input<typeof DrainParams>>;

/** What `/kube drain prod node/worker-1` asks for: nothing is consented to, and all times are as configured. */
export function drainParams(ask: DrainAsk = {}): DrainParams {
  return DrainParams.parse({
    nodes: ['worker-1'],
    deleteEmptyDir: false,
    unmanaged: false,
    ignoreBudgets: false,
    forceStuck: false,
    graceMs: null,
    parallel: null,
    timeoutMs: null,
    ...ask,
  });
}
