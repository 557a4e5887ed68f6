import { z } from 'zod';
import type { Json } from '../../../src/core/json.ts';
import { JsonObject } from '../../../src/core/json.ts';
import { RingInput } from '../input.ts';

/** What steps around Machines rely on, beside the ring. */
export const MachineRingInput = RingInput.extend({
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()).exactOptional(),
});

/** A Machine as it was approved. */
export const ApprovedMachine = z.object({
  name: z.string().min(1),
  uid: z.string().min(1),
  /** `null`: it had none. */
  providerId: z.string().nullable(),
});
export type ApprovedMachine = z.infer<typeof ApprovedMachine>;

/** What `ocp.save-machine@1` leaves: the Machine that is to be created, so that it survives whatever comes between deletion and creation. */
export const SavedMachine = z.object({ savedMachine: JsonObject });
export type SavedMachine = z.infer<typeof SavedMachine>;

/** What `ocp.await-machine@1` leaves. */
export const ReadyMachine = z.object({
  readyMachine: z.object({ name: z.string(), uid: z.string(), node: z.string() }),
});
export type ReadyMachine = z.infer<typeof ReadyMachine>;

/** The last output of a shape; `null`: no step left one. */
export function lastOf<T>(shape: z.ZodType<T>, outputs: readonly Json[]): T | null {
  return (
    outputs
      .flatMap((output) => {
        const read = shape.safeParse(output);
        return read.success ? [read.data] : [];
      })
      .at(-1) ?? null
  );
}
