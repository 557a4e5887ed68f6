import { readFile } from 'node:fs/promises';
import { openedPayload, sealedPayload } from './age-payload.ts';

/** Thrown where no identity of this worker opens what is encrypted. Says nothing of what is in the file of identities. */
export class NoIdentity extends Error {}

/** Thrown for a public key that is none, before anything was read. */
export class NoRecipient extends Error {}

const INTRO = Buffer.from('age-encryption.org/v1\n');
/** The line with the hash of the header is its last. */
const LAST_LINE = '\n---';
/** A header is some hundred bytes for each recipient. What has none would else be searched for its end in memory. */
const LONGEST_HEADER_BYTES = 1024 * 1024;
/** What the library writes behind the header of an empty file: a nonce and a tag. */
const EMPTY_PAYLOAD_BYTES = 32;

/** Encrypts for these public keys (`age1…`), in pieces of 64 KiB. */
export async function* encrypted(
  source: AsyncGenerator<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  try {
    const { header, fileKey } = await newHeader(recipients);
    yield header;
    yield* sealedPayload(fileKey, source);
  } finally {
    await source.return(undefined);
  }
}

async function newHeader(
  recipients: readonly string[],
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new NoRecipient(`${JSON.stringify(recipient)} is no public key of age`);
    }
  }
  const keys: Uint8Array[] = [];
  // It is in the header for nobody: it only hears the key that the library makes for the file.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      keys.push(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array(0));
  const [fileKey] = keys;
  if (fileKey === undefined) throw new Error('age-encryption made no key for the file');
  return { header: empty.subarray(0, -EMPTY_PAYLOAD_BYTES), fileKey };
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
    const { header, rest } = await headerFirst(source);
    const fileKey = await decrypter.decryptHeader(header).catch((error: unknown) => {
      // The library has no class for it.
      if (error instanceof Error && error.message.startsWith('no identity matched'))
        throw new NoIdentity(`no identity in ${identityFile} opens it`);
      throw error;
    });
    yield* openedPayload(fileKey, rest);
  } finally {
    // A generator that never began would not close what it reads from.
    await source.next().catch(() => undefined);
    await source.return(undefined);
  }
}

/** Breaks off where there is no header of age, or none that ends. */
async function headerFirst(
  source: AsyncGenerator<Uint8Array>,
): Promise<{ readonly header: Uint8Array; readonly rest: AsyncGenerator<Uint8Array> }> {
  let begun = Buffer.alloc(0);
  let end = 0;
  while (end === 0) {
    if (begun.length > LONGEST_HEADER_BYTES) throw new Error('its header has no end');
    const { done, value } = await source.next();
    if (done === true) throw new Error('it ends in its header');
    begun = Buffer.concat([begun, value]);
    const known = begun.subarray(0, INTRO.length);
    if (!INTRO.subarray(0, known.length).equals(known)) throw new Error('it does not begin as age begins');
    const lastLine = begun.indexOf(LAST_LINE);
    end = lastLine < 0 ? 0 : begun.indexOf('\n', lastLine + LAST_LINE.length) + 1;
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield begun.subarray(end);
    yield* source;
  }
  return { header: begun.subarray(0, end), rest: rest() };
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
