/** What an archive turned out to be. `text`: without a period, and without anything of its content. */
export type ArchiveFinding = { readonly ok: true } | { readonly ok: false; readonly text: string };

/** Follows the bytes of a tar archive, without ever holding more of it than one header. */
export interface ArchiveFollower {
  /** The next bytes, in order, of any length. */
  take(bytes: Uint8Array): void;
  /** What it was. To be called once, after the last bytes. */
  finding(): ArchiveFinding;
}

const BLOCK = 512;
/** Where the fields of a header are: first byte and one behind the last. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const SUM = [148, 156] as const;
const TYPE = 156;
const PREFIX = [345, 500] as const;
/** Files with content of their own, as tar writes them. */
const FILES: ReadonlySet<string> = new Set(['0', '\0', '7']);

/**
 * Begins to follow a tar archive: every header has to be sound, it has to have its end (two empty blocks), and each of these paths must be there as a
 * file that is not empty, or as a folder with such a file below it. A long name is told apart by its first 100 characters.
 *
 * Source: POSIX ustar, and what GNU tar writes for sizes and long names.
 */
export function followArchive(paths: readonly string[]): ArchiveFollower {
  const missing = new Set(paths);
  const block = new Uint8Array(BLOCK);
  let filled = 0;
  let contentBlocks = 0;
  let emptyBlocks = 0;
  let broken: string | null = null;

  function header(): void {
    if (block.every((byte) => byte === 0)) {
      emptyBlocks += 1;
      return;
    }
    emptyBlocks = 0;
    const size = numberIn(SIZE);
    if (size === null || numberIn(SUM) !== sumOf(block)) {
      broken = 'it is no archive of tar, or it is broken in its middle';
      return;
    }
    contentBlocks = Math.ceil(size / BLOCK);
    if (size === 0 || !FILES.has(String.fromCharCode(block[TYPE] ?? 0))) return;
    const name = nameIn();
    for (const path of missing) if (name === path || name.startsWith(`${path}/`)) missing.delete(path);
  }
  function textIn([from, to]: readonly [number, number]): string {
    const end = block.indexOf(0, from);
    return new TextDecoder().decode(block.subarray(from, end < 0 ? to : Math.min(end, to)));
  }
  function nameIn(): string {
    const prefix = textIn([257, 262]) === 'ustar' && block[262] === 0 ? textIn(PREFIX) : '';
    const name = textIn(NAME);
    return (prefix === '' ? name : `${prefix}/${name}`).replace(/^\.\//, '');
  }
  function numberIn(field: readonly [number, number]): number | null {
    const text = textIn(field).trim();
    return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : null;
  }
  return {
    take(bytes) {
      let at = 0;
      while (at < bytes.length && broken === null && emptyBlocks < 2) {
        const length = Math.min(BLOCK - filled, bytes.length - at);
        // Content passes by uncopied.
        if (contentBlocks === 0) block.set(bytes.subarray(at, at + length), filled);
        at += length;
        filled = (filled + length) % BLOCK;
        if (filled > 0) continue;
        if (contentBlocks > 0) contentBlocks -= 1;
        else header();
      }
    },
    finding() {
      if (broken !== null) return { ok: false, text: broken };
      if (emptyBlocks < 2) return { ok: false, text: 'it has no end' };
      if (missing.size === 0) return { ok: true };
      return { ok: false, text: `it has nothing of ${[...missing].join(', ')}` };
    },
  };
}

/** The sum of a header, its own field counted as spaces. */
function sumOf(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= SUM[0] && at < SUM[1] ? 32 : byte), 0);
}
