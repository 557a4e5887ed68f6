import type { BackupFile } from '../../core/backup/manifest.ts';
import { backupKey, readBackupKey } from '../../core/backup/names.ts';
import { VaultReadFailed, type VaultResult } from '../../core/ports/backup-vault.ts';
import type { ObjectContent, ObjectResult } from '../../core/ports/object-store.ts';
import { decrypted, NoIdentity } from './age.ts';
import { decompressed } from './compression.ts';
import { keysFor } from './dress.ts';
import { storesOf, type VaultParts } from './parts.ts';
import { type Passage, passage, snapshotPassage } from './passage.ts';
import { done, type Failed, failed, readFailed, thrown } from './trouble.ts';

/** A file of a backup that is opened, and by whom. */
export interface Opening {
  readonly id: string;
  readonly file: BackupFile;
  readonly signal: AbortSignal;
}

/**
 * Opens a file; see `BackupVault.open`. Its first bytes are read before it answers, so that a missing key is an answer. Where there is none, the file
 * was compared as it is stored before `no-key` is answered.
 */
export async function openFile(parts: VaultParts, opening: Opening): Promise<VaultResult<AsyncIterable<Uint8Array>>> {
  const { file, signal } = opening;
  const found = await stored(parts, opening);
  if (!found.ok) return found;
  const what = `${file.name} could not be read`;
  const { content, passages } = opened(parts, file, found.value.bytes);
  try {
    const first = await content.next();
    const compared = comparedWith(file, passages, joined(first, content), (error) => thrown(error, what, signal));
    return done(closable(compared, content));
  } catch (error) {
    if (!(error instanceof NoIdentity) || signal.aborted) return thrown(error, what, signal);
    const whole = await compareStored(parts, opening);
    return whole.ok ? failed('no-key', `${file.name} is encrypted: ${error.message}`) : whole;
  }
}

/** A generator that was never begun closes nothing by itself, and what it reads from was begun. */
function closable(content: AsyncGenerator<Uint8Array>, source: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => await content.next(),
    return: async () => {
      const end = await content.return(undefined);
      await source.return(undefined);
      return end;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** Reads a file whole, and compares what comes out of it, or what is stored if it cannot be opened here: then `no-key`. */
export async function readWhole(
  parts: VaultParts,
  opening: Opening,
  told: (bytes: number) => void = () => undefined,
): Promise<VaultResult<null>> {
  const content = await openFile(parts, opening);
  if (!content.ok) return content;
  return await drained(content.value, opening, told);
}

async function compareStored(parts: VaultParts, opening: Opening): Promise<VaultResult<null>> {
  const { file } = opening;
  const found = await stored(parts, opening);
  if (!found.ok) return found;
  const arrived = passage();
  const read = await drained(arrived.through(found.value.bytes), opening);
  const trouble = read.ok ? storedTrouble(file, arrived) : null;
  return trouble === null ? read : failed('damaged', trouble);
}

async function drained(
  content: AsyncIterable<Uint8Array>,
  { file, signal }: Opening,
  told: (bytes: number) => void = () => undefined,
): Promise<VaultResult<null>> {
  let bytes = 0;
  try {
    for await (const piece of content) {
      bytes += piece.length;
      told(bytes);
      signal.throwIfAborted();
    }
    return done(null);
  } catch (error) {
    return thrown(error, `${file.name} could not be read`, signal);
  }
}

/** A static file may be older than the store of its own that there is now. */
async function stored(parts: VaultParts, { id, file, signal }: Opening): Promise<VaultResult<ObjectContent>> {
  const key = backupKey({ kind: 'file', cluster: parts.cluster, id, name: file.name });
  if (readBackupKey(key)?.kind !== 'file') return failed('damaged', `${file.name} is no name of a file of ${id}`);
  const stores = file.role === 'static' ? storesOf(parts).toReversed() : [parts.main];
  let found: ObjectResult<ObjectContent> | null = null;
  for (const store of stores) {
    // Its hash is compared here, also where a store would not.
    found = await store.get(key, { signal });
    if (found.ok || found.error.code !== 'not-there') break;
  }
  if (found === null) return failed('damaged', `${key} is nowhere`);
  return found.ok ? found : readFailed(found.error);
}

/** What passes while a file is read. `arrived` is the same one as `content` if the content is stored as it is. */
interface Passages {
  readonly arrived: Passage;
  readonly content: Passage;
}

function opened(
  parts: VaultParts,
  file: BackupFile,
  bytes: AsyncIterable<Uint8Array>,
): { readonly content: AsyncGenerator<Uint8Array>; readonly passages: Passages } {
  const { role, name, encryption, compression } = file;
  const content =
    role === 'snapshot'
      ? snapshotPassage(({ text }) => damage(`${name} is no whole snapshot of etcd: ${text}`))
      : passage();
  if (encryption === 'none' && compression === 'none')
    return { content: content.through(bytes), passages: { arrived: content, content } };
  const arrived = passage();
  const identityFile = keysFor(parts.settings, role)?.identityFile ?? null;
  const asStored = arrived.through(bytes);
  const plain = encryption === 'none' ? asStored : decrypted(asStored, identityFile);
  const small = compression === 'zstd' ? decompressed(plain) : plain;
  return { content: content.through(small), passages: { arrived, content } };
}

async function* joined(
  first: IteratorResult<Uint8Array>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* comparedWith(
  file: BackupFile,
  { arrived, content: came }: Passages,
  content: AsyncIterable<Uint8Array>,
  failure: (error: unknown) => Failed,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
    const { bytes, sha256 } = came.passed();
    if (bytes !== file.contentBytes)
      throw damage(`${file.name} has ${bytes} bytes of content, its manifest says ${file.contentBytes}`);
    if (sha256 !== file.contentSha256)
      throw damage(`the content of ${file.name} has another SHA-256 than its manifest says`);
    const trouble = storedTrouble(file, arrived);
    if (trouble !== null) throw damage(trouble);
  } catch (error) {
    throw new VaultReadFailed(failure(error).error);
  }
}

function storedTrouble(file: BackupFile, arrived: Passage): string | null {
  const { bytes, sha256 } = arrived.passed();
  if (bytes !== file.storedBytes)
    return `${file.name} has ${bytes} bytes as stored, its manifest says ${file.storedBytes}`;
  return sha256 === file.storedSha256 ? null : `${file.name} as stored has another SHA-256 than its manifest says`;
}

function damage(message: string): VaultReadFailed {
  return new VaultReadFailed({ code: 'damaged', message });
}
