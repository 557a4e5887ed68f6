/** What was read, or why it could not be. Not read is never "nothing there". Words without a period. */
export type Seen<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What was read. */
export function seen<T>(value: T): Seen<T> {
  return { ok: true, value };
}

/** What could not be read. */
export function unseen(why: string): Seen<never> {
  return { ok: false, why };
}

/** The first of a list by name, and how many more there are: `a, b and 3 more`. */
export function some(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${rest} more`;
}

/** A count with its word: `1 pod`, `3 pods`. */
export function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}
