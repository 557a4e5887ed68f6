import { readFile } from 'node:fs/promises';
import { ReadableStream } from 'node:stream/web';

/** Thrown where no identity of this worker opens what is encrypted. Says nothing of what is in the file of identities. */
export class NoIdentity extends Error {}

/** Thrown for a public key that is none, before anything was read. */
export class NoRecipient extends Error {}

const INTRO = 'age-encryption.org/v1\n';
/** A header is some hundred bytes for each recipient. What has none would else be searched for its end in memory. */
const LONGEST_HEADER_BYTES = 1024 * 1024;

/** Encrypts for these public keys (`age1…`), in pieces of 64 KiB. */
export async function* encrypted(
  source: AsyncGenerator<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  try {
    const { Encrypter } = await import('age-encryption');
    const encrypter = new Encrypter();
    for (const recipient of recipients) {
      try {
        encrypter.addRecipient(recipient);
      } catch {
        throw new NoRecipient(`${JSON.stringify(recipient)} is no public key of age`);
      }
    }
    yield* await encrypter.encrypt(streamOf(source));
  } finally {
    await source.return(undefined);
  }
}

/**
 * Decrypts with the identities of a file, in pieces of 64 KiB, each of which is authenticated.
 *
 * @throws NoIdentity when the file cannot be read, has none, or none that fits. Anything else: the content is damaged.
 */
export async function* decrypted(
  source: AsyncGenerator<Uint8Array>,
  identityFile: string | null,
): AsyncGenerator<Uint8Array> {
  try {
    if (identityFile === null) throw new NoIdentity('this worker is given no file of identities');
    const identities = await readIdentities(identityFile);
    const { Decrypter } = await import('age-encryption');
    const decrypter = new Decrypter();
    for (const identity of identities) {
      try {
        decrypter.addIdentity(identity);
      } catch {
        throw new NoIdentity(`${identityFile} has a line that is no identity of age`);
      }
    }
    const header = { read: false };
    const opened = await decrypter.decrypt(streamOf(withHeader(source, header))).catch((error: unknown) => {
      // The library has no class for it.
      if (error instanceof Error && error.message.startsWith('no identity matched'))
        throw new NoIdentity(`no identity in ${identityFile} opens it`);
      throw error;
    });
    header.read = true;
    yield* opened;
  } finally {
    // A generator that never began would not close what it reads from.
    await source.next().catch(() => undefined);
    await source.return(undefined);
  }
}

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(source);
}

/** Breaks off where there is no header of age, or none that ends. */
async function* withHeader(
  source: AsyncIterable<Uint8Array>,
  header: { readonly read: boolean },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let intro = Buffer.alloc(0);
  for await (const piece of source) {
    if (intro.length < INTRO.length) {
      intro = Buffer.concat([intro, piece.subarray(0, INTRO.length - intro.length)]);
      if (!INTRO.startsWith(intro.toString('latin1'))) throw new Error('it does not begin as age begins');
    }
    if (!header.read && bytes > LONGEST_HEADER_BYTES) throw new Error('its header has no end');
    bytes += piece.length;
    yield piece;
  }
}

async function readIdentities(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new NoIdentity(`the file of identities ${path} cannot be read: ${errno}`);
  });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.length === 0) throw new NoIdentity(`${path} has no identity`);
  return identities;
}
