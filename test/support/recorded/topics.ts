import type { Topic } from './replay.ts';
import { ACCESS } from './topics/access.ts';
import { BUDGETS } from './topics/budgets.ts';
import { SIGNING } from './topics/certificates.ts';
import { CUSTOM } from './topics/custom.ts';
import { DELETES } from './topics/deletes.ts';
import { DISCOVERY } from './topics/discovery.ts';
import { EVENTS } from './topics/events.ts';
import { EVICTIONS } from './topics/evictions.ts';
import { FLOW } from './topics/flow.ts';
import { LEASES } from './topics/leases.ts';
import { NAMESPACES } from './topics/namespaces.ts';
import { NODE_WORK } from './topics/nodes.ts';
import { APPLIES, PATCHES } from './topics/patches.ts';
import { NODES, PODS } from './topics/reads.ts';
import { WATCHES } from './topics/watches.ts';
import { WORKLOADS } from './topics/workloads.ts';
import { WRITES } from './topics/writes.ts';

/** All topics that are replayed. */
export const TOPICS: readonly Topic[] = [
  DISCOVERY,
  NODES,
  PODS,
  WATCHES,
  WRITES,
  PATCHES,
  APPLIES,
  DELETES,
  EVICTIONS,
  BUDGETS,
  WORKLOADS,
  NODE_WORK,
  CUSTOM,
  ACCESS,
  LEASES,
  EVENTS,
  SIGNING,
  NAMESPACES,
  FLOW,
];
