import { z } from 'zod';
import { UndoRecord } from '../../src/core/undo-record.ts';

/** What `/kube undo` asks for. */
export const UndoParams = z.strictObject({
  /** The run that is taken back. */
  run: z.string().min(1),
  /** What its steps left for it, last first. */
  records: z.array(UndoRecord).min(1),
  /** Who asked, team and user: `T0HOME/U0OPERATOR`. */
  by: z.string().min(1),
});
export type UndoParams = z.infer<typeof UndoParams>;
