import { z } from 'zod';

/** What the controller notes of a remediation, in an annotation. */
export interface RemediationNote {
  /** The machine that was replaced. */
  readonly machine: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** Replacements in a row that were sick too. */
  readonly retryCount: number;
}

const Note = z.object({ machine: z.string(), timestamp: z.string(), retryCount: z.number().int().default(0) });

/** Reads the note; `null`: there is none, or it is none. */
export function readRemediationNote(text: string | null): RemediationNote | null {
  if (text === null) return null;
  try {
    const read = Note.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
