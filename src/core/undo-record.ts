import { z } from 'zod';
import { Json } from './json.ts';
import type { RunState } from './run-types.ts';

/** What a step left for `/kube undo`, in the field `undo` of its output and of the facts of its call. Identities, versions and names of objects; no secrets. */
export const UndoRecord = z.discriminatedUnion('kind', [
  /** A group of nodes was changed: its provider knows the way back from `change`. */
  z.object({
    kind: z.literal('group'),
    provider: z.string().min(1),
    /** As people type it: `controlplane`, `nodegroup/md-0`. */
    group: z.string().min(1),
    /** What was changed, in a few words without a period: `MachineDeployment capi/capi-md-0 from v1.30.6 to v1.31.4`. */
    what: z.string().min(1),
    change: Json,
  }),
  /** Nodes were cordoned and drained. */
  z.object({
    kind: z.literal('drain'),
    nodes: z.array(z.object({ name: z.string().min(1), uid: z.string().min(1) })).min(1),
  }),
]);
export type UndoRecord = z.infer<typeof UndoRecord>;

const WithUndo = z.looseObject({ undo: UndoRecord.nullish() });

/**
 * What the steps of a run left to be undone, last first: as it has to be taken back. A step that is not done left it with its announced call, if
 * that was not seen to have had no effect: whoever takes it back looks whether it had one.
 */
export function undoRecordsOf({
  steps,
  acts = [],
}: Pick<RunState, 'steps'> & Partial<Pick<RunState, 'acts'>>): readonly UndoRecord[] {
  const left = steps.flatMap(({ index, status, output }) => {
    const made = acts.filter((act) => act.index === index && act.observed?.result !== 'not-done');
    return recordIn(output) ?? (status === 'done' ? null : lastOf(made.map(({ facts }) => recordIn(facts)))) ?? [];
  });
  return left.toReversed();
}

/** @param value an output of a step, or the facts of an announced call */
function recordIn(value: unknown): UndoRecord | null {
  return WithUndo.safeParse(value).data?.undo ?? null;
}

function lastOf(records: readonly (UndoRecord | null)[]): UndoRecord | null {
  return records.findLast((each) => each !== null) ?? null;
}
