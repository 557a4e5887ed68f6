import { z } from 'zod';

const Named = z.object({ namespace: z.string(), name: z.string(), uid: z.string() });

/** What an approval of a drain relies on: identities, specs and consents. Never names of replicas: they come and go by themselves. */
export const DrainFacts = z.object({
  nodes: z.array(z.object({ name: z.string(), uid: z.string() })),
  /** Label that chose the nodes (`key=value,…`); `null`: they were named one by one. */
  selector: z.string().nullable(),
  /** Who owns what is evicted, at the root: Deployment and not ReplicaSet. `how`: what its pods lose. */
  owners: z.array(Named.extend({ kind: z.string(), how: z.enum(['evict', 'evict-with-data']) })),
  /** Pods without an owner, one by one: nobody makes them anew. */
  pods: z.array(Named.extend({ how: z.enum(['evict', 'evict-with-data']) })),
  /** Budgets over what is evicted, with their spec in words; `null`: they were not known. */
  budgets: z.array(Named.extend({ spec: z.string() })).nullable(),
  consents: z.object({ deleteEmptyDir: z.boolean(), unmanaged: z.boolean(), ignoreBudgets: z.boolean() }),
});
export type DrainFacts = z.infer<typeof DrainFacts>;
