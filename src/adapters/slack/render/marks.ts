/** Marks beside a word, never instead of one. */
export const MARKS = { done: '✔', running: '▶', pending: '○', failed: '✖', warning: '⚠' } as const;

/** Longest piece of outside text in one line of a card, in bytes; the thread has it whole. */
export const PIECE_BYTES = 420;
