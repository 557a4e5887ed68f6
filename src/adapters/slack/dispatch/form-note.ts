import { z } from 'zod';
import { MODAL_LIMITS } from '../render/modal-limits.ts';

const Note = z.object({
  /** Where `/kube` was typed. */
  channel: z.string().max(100),
  direct: z.boolean(),
  command: z.string().max(100).nullable(),
  cluster: z.string().max(100).nullable(),
  /** What was filled in on the page of arguments, by block. */
  fields: z.record(z.string(), z.string()).default({}),
  /** Names one plan page: it starts at most one run. Empty before there is a plan. */
  nonce: z.string().max(300).default(''),
});

/** What a page of the form carries to the next one. It comes back through Slack, so it is read as untrusted. */
export type Note = z.infer<typeof Note>;

/** The note as Slack carries it; `null`: longer than Slack takes. */
export function noteText(note: Note): string | null {
  const text = JSON.stringify(note);
  return text.length > MODAL_LIMITS.metadataChars ? null : text;
}

/** Reads what came back; `null`: it is not one of ours. */
export function readNote(text: string): Note | null {
  try {
    return Note.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
