import { createHash } from 'node:crypto';
import { followTrailingHash, type SnapshotFinding } from '../../core/backup/trailing-hash.ts';

/** What passed. */
export interface Passed {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Counts and hashes what passes, and holds nothing of it back. */
export interface Passage {
  /** The same bytes. To be called once. */
  through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** What passed. To be asked for once, after the end. */
  passed(): Passed;
}

/** Makes one. `told`: hears of the bytes so far, with each piece. */
export function passage(told: (bytes: number) => void = () => undefined): Passage {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      bytes += piece.length;
      hash.update(piece);
      told(bytes);
      yield piece;
    }
  }
  return { through, passed: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Throws at the end of what is no whole snapshot of etcd, so that it ends badly for whoever reads it. `fails` makes the error. */
export async function* wholeSnapshot(
  source: AsyncIterable<Uint8Array>,
  fails: (finding: Exclude<SnapshotFinding, { ok: true }>) => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const trailing = followTrailingHash({ update: (bytes) => void hash.update(bytes), digest: () => hash.digest() });
  for await (const piece of source) {
    trailing.take(piece);
    yield piece;
  }
  const finding = trailing.finding();
  if (!finding.ok) throw fails(finding);
}
