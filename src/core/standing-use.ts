import { z } from 'zod';

/** In the request of a question: the schedule that a standing approval is asked for, and until when (ISO, and in words). */
export const StandingQuestion = z.object({ schedule: z.string(), until: z.string(), words: z.string() });
export type StandingQuestion = z.infer<typeof StandingQuestion>;

/** Who has which roles, by a look at Slack that began at this ISO time. Whoever is not listed was not looked up. */
export const PeopleLook = z.object({
  at: z.string(),
  people: z.array(z.object({ user: z.string(), roles: z.array(z.string()) })),
});
export type PeopleLook = z.infer<typeof PeopleLook>;

/** In the request of a run that a schedule proposed: the standing approval it may use. */
export const StandingUse = z.object({
  schedule: z.string(),
  /** The run in which it was granted. */
  question: z.string(),
  /** Those who granted it and who scheduled it, as the bot saw them; `null`: it could not look. */
  look: PeopleLook.nullable(),
});
export type StandingUse = z.infer<typeof StandingUse>;

/** In the decision of a gate: the standing approval that met it. Times are ISO. */
export const InAdvance = z.object({ schedule: z.string(), question: z.string(), at: z.string(), until: z.string() });
export type InAdvance = z.infer<typeof InAdvance>;

/** In the opening of a gate: why the standing approval of a schedule does not count for it, in words. */
export const NotInAdvance = z.object({ schedule: z.string(), why: z.string() });
export type NotInAdvance = z.infer<typeof NotInAdvance>;
