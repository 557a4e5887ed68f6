import { withoutSecrets } from './secrets.ts';

/** Most lines of a tree that are kept. */
export const MOST_TREE_LINES = 200;
/** Longest line of a tree, in characters. */
export const MOST_TREE_CHARS = 200;

/** What of a tree is kept with a run: without what looks like a secret; lines that are left out are counted by the last one. */
export function keptTree(lines: readonly string[]): string[] {
  const kept = lines.slice(0, lines.length > MOST_TREE_LINES ? MOST_TREE_LINES - 1 : MOST_TREE_LINES);
  const shown = kept.map((line) => cut(withoutSecrets(line.replaceAll(/\s*\n\s*/g, ' '))));
  return kept.length === lines.length ? shown : [...shown, `… ${lines.length - kept.length} more`];
}

function cut(line: string): string {
  const characters = Array.from(line);
  return characters.length <= MOST_TREE_CHARS ? line : `${characters.slice(0, MOST_TREE_CHARS - 1).join('')}…`;
}
