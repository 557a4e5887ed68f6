import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { followArchive } from '../../core/backup/archive.ts';

/**
 * The same bytes. Throws at the end of what is no whole `tar.gz` with these paths in it, so that it ends badly for whoever reads it. Holds nothing back:
 * what is looked into is forgotten at once. `fails` makes the error.
 */
export async function* wholeArchive(
  source: AsyncIterable<Uint8Array>,
  paths: readonly string[],
  fails: (text: string) => Error,
): AsyncGenerator<Uint8Array> {
  const archive = followArchive(paths);
  const gunzip = createGunzip();
  // Its own trouble is told below.
  const end = finished(gunzip).then(
    () => true,
    () => false,
  );
  gunzip.on('data', (bytes: Uint8Array) => archive.take(bytes));
  try {
    for await (const piece of source) {
      if (!gunzip.destroyed && !gunzip.write(piece)) await Promise.race([drained(gunzip), end]);
      yield piece;
    }
    gunzip.end();
    if (!(await end)) throw fails('it is no gzip, or not all of it');
    const finding = archive.finding();
    if (!finding.ok) throw fails(finding.text);
  } finally {
    gunzip.destroy();
  }
}

/** Also when it breaks off: that is told elsewhere. */
async function drained(gunzip: Gunzip): Promise<void> {
  await once(gunzip, 'drain').catch(() => undefined);
}
