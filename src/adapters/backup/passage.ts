import { createHash } from 'node:crypto';
import { followTrailingHash, type SnapshotFinding } from '../../core/backup/trailing-hash.ts';

/** What passed. */
export interface Passed {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Counts and hashes what passes, once, and holds nothing of it back. */
export interface Passage {
  /** The same bytes. To be called once. */
  through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** What passed. To be asked for after the end; that of a snapshot, after a good one. */
  passed(): Passed;
}

/** Makes one. `told`: hears of the bytes so far, with each piece. */
export function passage(told: (bytes: number) => void = () => undefined): Passage {
  const hash = createHash('sha256');
  return passageOf(
    told,
    (piece) => void hash.update(piece),
    () => hash.digest('hex'),
  );
}

/** The same for a snapshot of etcd. Throws at the end of what is no whole one, so that it ends badly for whoever reads it. `fails` makes the error. */
export function snapshotPassage(
  fails: (finding: Exclude<SnapshotFinding, { ok: true }>) => Error,
  told: (bytes: number) => void = () => undefined,
): Passage {
  const trailing = followTrailingHash(createHash('sha256'));
  return passageOf(
    told,
    (piece) => trailing.take(piece),
    () => {
      const finding = trailing.finding();
      if (!finding.ok) throw fails(finding);
      return finding.sha256;
    },
  );
}

function passageOf(told: (bytes: number) => void, take: (piece: Uint8Array) => void, end: () => string): Passage {
  let bytes = 0;
  let sha256 = '';
  async function* through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      bytes += piece.length;
      take(piece);
      told(bytes);
      yield piece;
    }
    sha256 = end();
  }
  return { through, passed: () => ({ bytes, sha256 }) };
}
