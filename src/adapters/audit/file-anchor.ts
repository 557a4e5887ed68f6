import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorText } from '../../core/audit-chain.ts';
import type { AuditAnchor } from '../../core/ports/audit-out.ts';

/**
 * A folder with one read-only file an anchor, made once and never changed: `000000001234.anchor` holds `1234:HASH` and the time. Worth as
 * much as the folder is out of reach of those who own Redis.
 */
export function createFileAnchor(folder: string): AuditAnchor {
  return {
    keep: async (anchor, at) => {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      const path = join(folder, `${String(anchor.seq).padStart(12, '0')}.anchor`);
      const text = anchorText(anchor);
      if (await create(path, `${text} ${at}\n`)) return;
      const [there = ''] = (await readFile(path, 'utf8')).split(' ');
      if (there !== text)
        throw new Error(`${path} holds another anchor: the audit log is not the one that was anchored before`);
    },
  };
}

/** Answers false when there is such a file. It is there whole or not at all. */
async function create(path: string, text: string): Promise<boolean> {
  const unfinished = `${path}.${process.pid}`;
  await rm(unfinished, { force: true });
  const file = await open(unfinished, 'wx', 0o440);
  try {
    await file.writeFile(text, 'utf8');
    await file.datasync();
    await link(unfinished, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
}
