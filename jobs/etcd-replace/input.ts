import { z } from 'zod';
import { PlannedRing, type RingChange } from '../../src/core/etcd/expected-ring.ts';
import type { Json } from '../../src/core/json.ts';
import { StateReport } from '../../src/core/state-report.ts';

/** One entry of the member list, as steps, gates and words name it. `name` is empty when it was never started. */
export const TargetRef = z.object({
  /** Hexadecimal, as etcdctl prints it. */
  id: z.string().min(1),
  name: z.string(),
  peerUrls: z.array(z.string()),
});
export type TargetRef = z.infer<typeof TargetRef>;

/** A member that somebody else may add while a step runs: an operator, a controller, kubeadm. */
export const MayJoin = z.object({
  /** `null`: whoever adds it chooses. */
  peerUrls: z.array(z.string()).nullable(),
  /** Addresses of the machines it may be on; empty: any. */
  hosts: z.array(z.string()),
});
export type MayJoin = z.infer<typeof MayJoin>;

/** What every step of a replacement relies on. Nothing in it is a measurement. */
export const RingInput = z.object({
  /** The ring that was approved. What earlier steps changed is taken from their outputs. */
  ring: PlannedRing,
  /** Who else may add a member while this step runs; `null`: nobody. */
  mayJoin: MayJoin.nullable(),
});
export type RingInput = z.infer<typeof RingInput>;

/** What of the facts every case has; cases add their own. All of it is hashed. */
export const ReplaceFacts = z.object({
  ring: PlannedRing,
  /** `id` null: it is no member any more. */
  target: TargetRef.extend({ id: z.string().min(1).nullable() }),
  case: z.string().min(1),
  node: z.object({ name: z.string(), uid: z.string() }).nullable(),
  machine: z.object({ name: z.string(), uid: z.string(), providerId: z.string().nullable() }).nullable(),
  /** Name that the new machine is to have; `null`: nobody here chooses it. */
  newMachine: z.string().nullable(),
  secrets: z.array(z.object({ name: z.string(), uid: z.string() })),
  operatorVersion: z.string().nullable(),
  /** Ids of the foreign controllers that were found. */
  foreign: z.array(z.string()),
  etcdVersions: z.array(z.string()),
});
export type ReplaceFacts = z.infer<typeof ReplaceFacts>;

/** What every step that changes something leaves: what it did to the ring, and how the ring is after it. */
export const RingOutput = z.object({
  /** Id of the member that it removed. */
  removed: z.string().min(1).nullable(),
  /** The member that it added, or that it saw added by whom the plan names. */
  added: z.object({ id: z.string().min(1), peerUrls: z.array(z.string()) }).nullable(),
  /** Where old data were moved to. */
  aside: z.object({ node: z.string(), path: z.string() }).nullable(),
  /** So that every ending shows the newest state. */
  report: StateReport,
});
export type RingOutput = z.infer<typeof RingOutput>;

/** What the steps so far left, in their order. */
export function ringOutputs(outputs: readonly Json[]): readonly RingOutput[] {
  return outputs.flatMap((output) => {
    const read = RingOutput.safeParse(output);
    return read.success ? [read.data] : [];
  });
}

/** What the run changed of the approved ring so far, and what others may add by now. */
export function changesOf(outputs: readonly Json[], mayJoin: MayJoin | null): readonly RingChange[] {
  const left = ringOutputs(outputs);
  const removals = left.flatMap(({ removed }): RingChange[] => (removed === null ? [] : [{ removed }]));
  const additions = left.flatMap(({ added }): RingChange[] =>
    added === null ? [] : [{ added: { peerUrls: added.peerUrls, hosts: [] } }],
  );
  return [...removals, ...additions, ...(mayJoin === null ? [] : [{ added: mayJoin }])];
}

/** The member that a step before this one added; `null`: none did. */
export function addedBefore(outputs: readonly Json[]): RingOutput['added'] {
  return ringOutputs(outputs).findLast(({ added }) => added !== null)?.added ?? null;
}

/** Id of the member that a step before this one removed; `null`: none did. */
export function removedBefore(outputs: readonly Json[]): string | null {
  return ringOutputs(outputs).findLast(({ removed }) => removed !== null)?.removed ?? null;
}

/** Where old data were moved to, by a step before this one; `null`: nowhere. */
export function asideBefore(outputs: readonly Json[]): RingOutput['aside'] {
  return ringOutputs(outputs).findLast(({ aside }) => aside !== null)?.aside ?? null;
}
