import { z } from 'zod';

/** A person: Slack team id plus user id. Names are looked up for display only, never for decisions. */
export const Actor = z.object({ team: z.string().min(1), user: z.string().min(1) });
export type Actor = z.infer<typeof Actor>;

/** Whether both are the same person. */
export function sameActor(a: Actor, b: Actor): boolean {
  return a.team === b.team && a.user === b.user;
}
