import { z } from 'zod';
import { Actor } from './actor.ts';
import { JsonObject } from './json.ts';

/**
 * One entry of the audit log, written in the same atomic script as the event it records. The store adds the sequence
 * number; a hash chain can be laid over entries without changing them.
 */
export const AuditEntry = z.object({
  v: z.literal(1),
  at: z.string(),
  /** What happened: `request`, `refusal`, `plan`, `gate-open`, `vote`, `decision`, `lock`, `step`, `cancel`, `end`, … */
  action: z.string(),
  actor: Actor.nullable(),
  cluster: z.string().nullable(),
  run: z.string().nullable(),
  reason: z.string().nullable(),
  detail: JsonObject,
});
export type AuditEntry = z.infer<typeof AuditEntry>;
