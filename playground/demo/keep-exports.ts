import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Feed } from '../workspace/feed.ts';

/**
 * Writes each export (`*.jsonl`) that is shared in the workspace to a folder of its own and says where. It stays when the demo ends.
 * Returns what ends it.
 */
export function keepExports(feed: Pick<Feed, 'subscribe'>, say: (line: string) => void): () => void {
  let folder: string | undefined;
  return feed.subscribe(({ what }) => {
    if (what.kind !== 'file-shared' || what.file.content === undefined || !what.file.name.endsWith('.jsonl')) return;
    folder ??= mkdtempSync(join(tmpdir(), 'drydock-exports-'));
    const path = join(folder, basename(what.file.name));
    writeFileSync(path, what.file.content);
    say(`export ${what.file.name}: ${path}`);
  });
}
