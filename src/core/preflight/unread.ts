import type { Check } from '../plan.ts';

/** What could not be read, of which check. */
export interface Unread {
  readonly id: string;
  /** As a title begins with it: `Nodes`. */
  readonly what: string;
  /** Words without a period. */
  readonly why: string;
  /** What reading it takes: `list nodes`. */
  readonly right: string;
  /** What the check would say at worst. */
  readonly verdict: Check['verdict'];
}

/** The check of something that could not be read: never fine. A check that may block blocks then, because what it looks for may be there. */
export function unreadCheck({ id, what, why, right, verdict }: Unread): Check {
  return { id, verdict, title: `${what} not looked at`, evidence: `not looked at: ${why}; ${readingWords(right)}` };
}

/** What to do about something that could not be read. */
export function readingWords(right: string): string {
  return `reading it takes the right to ${right}: grant that, or plan again when the cluster answers`;
}
