import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import type { AuditSink } from '../../core/ports/audit-out.ts';

/** The last line has to stand within so many bytes of the end. */
const TAIL_BYTES = 4 * 1024 * 1024;
const NEWLINE = 10;

const LastLine = z.object({ seq: z.number().int() });

/**
 * A file that lines are added to. It may be moved away at any time: the next lines then begin a new one. Readable by its owner and
 * group only.
 */
export function createFileSink(path: string): AuditSink {
  return {
    newest: async () => {
      const file = await openIfThere(path);
      try {
        return file === null ? null : await newestIn(file, path);
      } finally {
        await file?.close();
      }
    },
    write: async (lines) => {
      const file = await open(path, 'a', 0o640);
      try {
        await file.appendFile(lines, 'utf8');
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function newestIn(file: FileHandle, path: string): Promise<number | null> {
  const { size } = await file.stat();
  const length = Math.min(size, TAIL_BYTES);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const end = buffer.lastIndexOf(NEWLINE);
  if (end < 0 && size > length) throw new Error(`${path}: its last line is longer than ${TAIL_BYTES} bytes`);
  // A process died while it wrote this.
  if (end + 1 < length) await file.truncate(size - length + end + 1);
  if (end < 0) return null;
  const start = buffer.lastIndexOf(NEWLINE, end - 1) + 1;
  const line = LastLine.safeParse(parsed(buffer.toString('utf8', start, end)));
  if (!line.success) throw new Error(`${path}: its last line is no entry of the audit log, so nothing is added to it`);
  return line.data.seq;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
