import { createHash } from 'node:crypto';
import { stampOf } from '../../core/backup/names.ts';
import type { KeptObjects, VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import type { ObjectResult } from '../../core/ports/object-store.ts';
import { encrypted } from './age.ts';
import { compressed } from './compression.ts';
import { dressFor } from './dress.ts';
import { retentionOf, type VaultParts } from './parts.ts';
import { done, failed, readFailed, removed, storeFailed, thrown, withRest } from './trouble.ts';

/** Exports of one second that each get a place of their own. */
const AT_ONCE = 10;

/** See `BackupVault.keepObjects`. It is small, so it is dressed in memory and read back as it is stored. */
export async function keepObjects(
  parts: VaultParts,
  text: string,
  { signal }: VaultCall,
): Promise<VaultResult<KeptObjects>> {
  const plain = new TextEncoder().encode(text);
  const what = 'the export of objects could not be kept';
  let stored: Uint8Array;
  try {
    stored = await dressed(parts, plain);
  } catch (error) {
    return signal.aborted ? thrown(error, what, signal) : failed('source-failed', `${what}: it could not be encrypted`);
  }
  const put = await putAt(parts, stored, signal);
  if (!put.ok) return storeFailed(put.error);
  const key = put.value;
  const trouble = await differs(parts, key, stored, signal);
  if (trouble !== null) return withRest(trouble, await removed(parts.main, key));
  return done({ key, bytes: plain.length, sha256: sha256(plain) });
}

async function dressed({ settings }: VaultParts, plain: Uint8Array): Promise<Uint8Array> {
  const { compression, recipients } = dressFor(settings, 'snapshot');
  const small = compression === 'zstd' ? compressed(once(plain)) : once(plain);
  return await collected(recipients.length > 0 ? encrypted(small, recipients) : small);
}

async function putAt(parts: VaultParts, stored: Uint8Array, signal: AbortSignal): Promise<ObjectResult<string>> {
  const { main, clock, cluster, settings } = parts;
  const { compression, recipients } = dressFor(settings, 'snapshot');
  const end = `${compression === 'zstd' ? '.zst' : ''}${recipients.length > 0 ? '.age' : ''}`;
  for (let second = 0; second < AT_ONCE; second += 1) {
    const stamp = stampOf(new Date(clock.nowMs() + second * 1000).toISOString()) ?? '';
    const key = `${cluster}/objects/objects_${stamp}.json${end}`;
    const put = await main.put(key, stored, { createOnly: true, signal, ...retentionOf(parts) });
    if (put.ok) return { ok: true, value: key };
    if (put.error.code !== 'already-there') return put;
  }
  return { ok: false, error: { code: 'already-there', message: 'others keep exports at this very moment' } };
}

async function differs({ main }: VaultParts, key: string, stored: Uint8Array, signal: AbortSignal) {
  const found = await main.get(key, { signal });
  if (!found.ok) return readFailed(found.error);
  try {
    const there = await collected(found.value.bytes);
    return sha256(there) === sha256(stored) ? null : failed('differs', `${key} is not what was written`);
  } catch (error) {
    return thrown(error, `${key} could not be read back`, signal);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
