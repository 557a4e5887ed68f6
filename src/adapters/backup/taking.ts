import type { BackupFile } from '../../core/backup/manifest.ts';
import { backupKey, fileName, readBackupId, stampOf } from '../../core/backup/names.ts';
import {
  type FeedEnd,
  type TakeOrder,
  type TakeProgress,
  type VaultCall,
  type VaultError,
  VaultReadFailed,
  type VaultResult,
} from '../../core/ports/backup-vault.ts';
import { encrypted, NoRecipient } from './age.ts';
import { compressed } from './compression.ts';
import { dressFor, encryptionOf } from './dress.ts';
import { fed } from './feed.ts';
import { readWhole } from './opening.ts';
import { retentionOf, type VaultParts } from './parts.ts';
import { type Passage, passage, snapshotPassage } from './passage.ts';
import { done, type Failed, failed, removed, storeFailed, withRest } from './trouble.ts';
import { wholeArchive } from './whole-archive.ts';

/** How long a feed that was told to end may take, ms. */
const FEED_END_MS = 15_000;
/** After so long what was stored is read back once more, if the store gave no certain answer, ms. */
const READ_AGAIN_MS = [1000, 10_000, 30_000];
/** People are told each time so many bytes more have passed. */
const TOLD_EVERY_BYTES = 4 * 1024 * 1024;

/** Takes one file; see `BackupVault.take`. */
export async function takeFile(parts: VaultParts, order: TakeOrder, call: VaultCall): Promise<VaultResult<BackupFile>> {
  const { settings, cluster } = parts;
  const { id, role } = order;
  const { signal } = call;
  const dress = dressFor(settings, role);
  const name = nameFor(parts, order);
  if (name === null) return storeFailed({ code: 'refused', message: `${id} is no id of a backup of ${cluster}` });
  const key = backupKey({ kind: 'file', cluster, id, name });
  const store = role === 'static' ? (parts.static ?? parts.main) : parts.main;
  const way = wayInto(parts, order, signal);
  const put = await store.put(key, way.bytes, {
    createOnly: true,
    hashed: () => way.stored.passed().sha256,
    signal,
    ...retentionOf(parts),
  });
  const end = way.end();
  await way.stop();
  if (!put.ok) {
    const failure = end.broken === null ? storeFailed(put.error) : { ok: false as const, error: end.broken };
    // It may lie there without what was asked for. Under any other code, what lies there may be somebody else's.
    return put.error.code === 'no-retention' || put.error.code === 'no-encryption'
      ? withRest(failure, await removed(store, key))
      : failure;
  }
  if (!end.reached) {
    const failure = failed('differs', `${name} was called stored before all of it was given`);
    return withRest(end.broken === null ? failure : { ok: false, error: end.broken }, await removed(store, key));
  }
  const content = way.content.passed();
  const stored = way.stored.passed();
  const file: BackupFile = {
    role,
    name,
    storedBytes: stored.bytes,
    storedSha256: stored.sha256,
    contentBytes: content.bytes,
    contentSha256: content.sha256,
    compression: dress.compression,
    encryption: encryptionOf(dress),
  };
  const differs = await comparedBack(parts, order, file, call);
  if (differs === null) return done(file);
  // It may be whole: what cannot be read just now is for retention, as what a take leaves that dies.
  if (isAway(differs) && !signal.aborted)
    return withRest(differs, 'it could not be read back, so nobody knows whether it is whole');
  return withRest(differs, await removed(store, key));
}

function isAway({ error }: Failed): boolean {
  return error.store === 'away';
}

function nameFor({ cluster, settings }: VaultParts, { id, role, namedAt }: TakeOrder): string | null {
  const known = readBackupId(id);
  const stamp = known?.cluster === cluster ? stampOf(namedAt ?? known.createdAt) : null;
  if (stamp === null) return null;
  const { compression, recipients } = dressFor(settings, role);
  return fileName(role, stamp, { compressed: compression === 'zstd', encrypted: recipients.length > 0 });
}

interface Way {
  /** What is to be stored. It ends badly unless the content came whole. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly content: Passage;
  /** The same one as of the content, if that is stored as it is. */
  readonly stored: Passage;
  end(): WayEnd;
  /** Tells the feed that nothing more is wanted, and waits for its end, for {@link FEED_END_MS} at most: a member must not be left with an open stream. */
  stop(): Promise<void>;
}

/** How it ended: all of it was used, or why not, in the words of who knows. Neither: whoever reads it did not want all of it. */
interface WayEnd {
  readonly reached: boolean;
  readonly broken: VaultError | null;
}

function wayInto({ settings }: VaultParts, order: TakeOrder, signal: AbortSignal): Way {
  const { role } = order;
  const { compression, recipients } = dressFor(settings, role);
  let end: WayEnd = { reached: false, broken: null };
  const stopped = new AbortController();
  let feeding: Promise<unknown> = Promise.resolve();
  async function feed(write: (bytes: Uint8Array) => Promise<void>, ending: AbortSignal): Promise<FeedEnd> {
    const work = order.feed(write, ending);
    feeding = work.catch(() => undefined);
    return await work;
  }
  const told = toldTo(order, 'taking');
  const content =
    role === 'snapshot' ? snapshotPassage(({ text }) => notWhole('snapshot of etcd', text), told) : passage(told);
  const stored = compression === 'none' && recipients.length === 0 ? content : passage();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const given = content.through(fed(feed, AbortSignal.any([signal, stopped.signal])));
    const whole = checked(given, order);
    const small = compression === 'zstd' ? compressed(whole) : whole;
    const sealed = recipients.length > 0 ? encrypted(small, recipients) : small;
    try {
      yield* stored === content ? sealed : stored.through(sealed);
      end = { reached: true, broken: null };
    } catch (error) {
      end = { reached: false, broken: signal.aborted ? CANCELLED : brokenBy(error) };
      throw error;
    }
  }
  return {
    bytes: bytes(),
    content,
    stored,
    end: () => end,
    stop: async () => {
      stopped.abort();
      await within(feeding, FEED_END_MS);
    },
  };
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

const CANCELLED: VaultError = { code: 'cancelled', message: 'it was cancelled' };

function checked(given: AsyncGenerator<Uint8Array>, { archiveOf }: TakeOrder): AsyncGenerator<Uint8Array> {
  if (archiveOf === undefined) return given;
  return wholeArchive(given, archiveOf, (text) => notWhole('archive of static files', text));
}

function notWhole(what: string, text: string): VaultReadFailed {
  return new VaultReadFailed({ code: 'not-whole', message: `what came is no whole ${what}: ${text}` });
}

function brokenBy(error: unknown): VaultError {
  if (error instanceof VaultReadFailed) return error.error;
  const message = error instanceof Error ? error.message : 'unknown error';
  return { code: error instanceof NoRecipient ? 'not-configured' : 'source-failed', message };
}

/** `null`: it is what was sent, as far as this worker can see. */
async function comparedBack(
  parts: VaultParts,
  order: TakeOrder,
  file: BackupFile,
  { signal }: VaultCall,
): Promise<Failed | null> {
  const { canOpen } = dressFor(parts.settings, order.role);
  const reading = async () => await readWhole(parts, { id: order.id, file, signal }, toldTo(order, 'reading-back'));
  let read = await reading();
  for (const pauseMs of READ_AGAIN_MS) {
    if (read.ok || !isAway(read) || signal.aborted) break;
    await within(aborting(signal), pauseMs);
    read = await reading();
  }
  if (read.ok || (read.error.code === 'no-key' && !canOpen)) return null;
  return read.error.code === 'damaged'
    ? failed('differs', `${file.name} was stored, and reads back as something else: ${read.error.message}`)
    : read;
}

async function aborting(signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  if (signal.aborted) return;
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  await aborted.promise;
}

function toldTo(order: TakeOrder, phase: TakeProgress['phase']): (bytes: number) => void {
  let toldBytes = 0;
  return (bytes) => {
    if (bytes - toldBytes < TOLD_EVERY_BYTES && toldBytes !== 0) return;
    toldBytes = bytes;
    order.onProgress?.({ phase, bytes });
  };
}
