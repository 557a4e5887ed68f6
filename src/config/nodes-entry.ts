import { z } from 'zod';
import { DEFAULT_NODES, type NodeSettings } from '../core/cluster-profile.ts';
import { duration } from './quantities.ts';

const { drain, upgrade } = DEFAULT_NODES;

function atOnce(most: number) {
  const expected = `expected a number of 1 to ${most}`;
  return z.number({ error: expected }).int(expected).min(1, expected).max(most, expected);
}

const label = z
  .string({ error: 'expected the name of a label' })
  .max(317, { error: 'expected the name of a label, such as example.com/pool' })
  .regex(/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/, {
    error: 'expected the name of a label, such as example.com/pool',
  });

const LONGEST_MS = 48 * 3_600_000;

/** A time of a roll-out. */
function span(least: number) {
  return duration(least).refine((ms) => ms <= LONGEST_MS, { error: 'expected 48h at most' });
}

/** Limits of drains and upgrades. */
export const NodesEntry = z.strictObject({
  /** Label of nodes whose value names their group, where nobody else knows groups. */
  groupLabel: label.optional(),
  drain: z
    .strictObject({
      parallelNodes: atOnce(25).default(drain.parallelNodes),
      parallelPods: atOnce(100).default(drain.parallelPods),
      node: span(1000).default(drain.nodeMs),
      whole: span(1000).default(drain.wholeMs),
      stuck: span(1000).default(drain.stuckMs),
    })
    .prefault({}),
  upgrade: z
    .strictObject({
      machine: span(1000).default(upgrade.machineMs),
      stall: span(1000).default(upgrade.stallMs),
      roll: span(1000).default(upgrade.rollMs),
    })
    .prefault({}),
});
export type NodesEntry = z.infer<typeof NodesEntry>;

/** Limits of changes to nodes, times in ms. */
export function buildNodes(entry: NodesEntry | undefined): NodeSettings {
  if (entry === undefined) return DEFAULT_NODES;
  return {
    groupLabel: entry.groupLabel ?? null,
    drain: {
      parallelNodes: entry.drain.parallelNodes,
      parallelPods: entry.drain.parallelPods,
      nodeMs: entry.drain.node,
      wholeMs: entry.drain.whole,
      stuckMs: entry.drain.stuck,
    },
    upgrade: { machineMs: entry.upgrade.machine, stallMs: entry.upgrade.stall, rollMs: entry.upgrade.roll },
  };
}
