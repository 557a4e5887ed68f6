import { z } from 'zod';

/** A table of text for people: columns and rows of equal width. */
export const ReportTable = z.object({
  title: z.string(),
  columns: z.array(z.string()).min(1),
  rows: z.array(z.array(z.string())),
});
export type ReportTable = z.infer<typeof ReportTable>;

/** The verified state of a cluster at one moment, ready to be read. */
export const StateReport = z.object({
  /** ISO time at which it was read. */
  at: z.string(),
  /** Left out: the cluster itself. A report of anything else says nothing of how the cluster is. */
  of: z.literal('backups').exactOptional(),
  /** True only when everything that was looked at is as it should be. */
  healthy: z.boolean(),
  /** One line: what a person must know. */
  summary: z.string(),
  tables: z.array(ReportTable),
  /** What else matters: alarms, advice, what could not be seen. */
  notes: z.array(z.string()),
});
export type StateReport = z.infer<typeof StateReport>;
