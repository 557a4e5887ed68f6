import { z } from 'zod';
import { Json } from './json.ts';
import type { RunState } from './run-types.ts';

/** What a step left for `/kube undo`, in the field `undo` of its output. Identities, versions and names of objects; no secrets. */
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

/** What the done steps of a run left to be undone, last first: as it has to be taken back. */
export function undoRecordsOf(run: Pick<RunState, 'steps'>): readonly UndoRecord[] {
  const left = run.steps.flatMap(({ output }) => {
    const { undo } = WithUndo.safeParse(output).data ?? {};
    return undo === undefined || undo === null ? [] : [undo];
  });
  return left.toReversed();
}
