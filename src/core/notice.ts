import { z } from 'zod';

/** What a channel is to be told once. People are written as mentions (`<@U…>`). */
export const Notice = z.object({
  channel: z.string(),
  title: z.string(),
  lines: z.array(z.string()),
  /** Since when it is to be told, ISO time: it cannot have been told before. Absent: not known. */
  at: z.string().exactOptional(),
});
export type Notice = z.infer<typeof Notice>;
