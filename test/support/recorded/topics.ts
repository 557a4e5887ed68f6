import type { Topic } from './replay.ts';
import { CUSTOM } from './topics/custom.ts';
import { DELETES } from './topics/deletes.ts';
import { DISCOVERY } from './topics/discovery.ts';
import { LEASES } from './topics/leases.ts';
import { NAMESPACES } from './topics/namespaces.ts';
import { APPLIES, PATCHES } from './topics/patches.ts';
import { NODES, PODS } from './topics/reads.ts';
import { WRITES } from './topics/writes.ts';

/** All topics that are replayed. */
export const TOPICS: readonly Topic[] = [
  DISCOVERY,
  NODES,
  PODS,
  WRITES,
  PATCHES,
  APPLIES,
  DELETES,
  CUSTOM,
  LEASES,
  NAMESPACES,
];
