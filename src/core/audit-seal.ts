import { AuditEntry } from './audit.ts';
import { Json } from './json.ts';
import type { Digest } from './ports/runtime.ts';

/** An entry as it is stored: without secrets, in canonical JSON, with the SHA-256 of that text. */
export interface SealedEntry {
  readonly text: string;
  readonly hash: string;
}

/** Makes an entry ready for the chain. Every store seals what it is given, so nothing gets into the log by another way. */
export type SealEntry = (entry: AuditEntry) => SealedEntry;

/** Makes the seal. `redact` takes secrets out of any value and leaves its shape. */
export function createSeal(digest: Digest, redact: (value: unknown) => unknown): SealEntry {
  return (entry) => {
    const clean = sealable(entry, redact);
    return { text: digest.text(clean), hash: digest.of(clean) };
  };
}

/** What is stored when an entry cannot be: that it happened, by whom and where, without its detail. An entry is never lost. */
function sealable(entry: AuditEntry, redact: (value: unknown) => unknown): AuditEntry {
  const whole = AuditEntry.safeParse(wellFormed(redact(entry)));
  if (whole.success) return whole.data;
  return AuditEntry.parse(wellFormed(redact({ ...entry, detail: { unstorable: 'the detail is no JSON' } })));
}

/** JSON without halves of surrogate pairs, which canonical JSON refuses, and without members that are `undefined`. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map((each: unknown) => (each === undefined ? null : wellFormed(each)));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(members.map(([name, each]) => [name.toWellFormed(), wellFormed(each)]));
}

/** An entry as it came out of a store. */
export interface ReadEntry {
  /** What is stored, as it is. Text that is no JSON is a text. */
  readonly content: Json;
  /** What it says; what cannot be read is an entry with the action `unreadable`. */
  readonly entry: AuditEntry;
}

/** Reads what a store holds. Never throws: a log with one broken entry is still a log. */
export function readEntry(text: string): ReadEntry {
  const content = contentOf(text);
  const entry = AuditEntry.safeParse(content);
  if (entry.success) return { content, entry: entry.data };
  const none = { actor: null, cluster: null, run: null, reason: null };
  return { content, entry: { v: 1, at: '', action: 'unreadable', ...none, detail: {} } };
}

function contentOf(text: string): Json {
  try {
    const parsed = Json.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : text.toWellFormed();
  } catch {
    return text.toWellFormed();
  }
}
