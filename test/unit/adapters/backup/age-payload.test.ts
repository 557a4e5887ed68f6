import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decrypted, encrypted } from '../../../../src/adapters/backup/age.ts';
import { openedPayload, sealedPayload } from '../../../../src/adapters/backup/age-payload.ts';

const CHUNK = 64 * 1024;
const SEALED = CHUNK + 16;
const NONCE = 16;
const FILE_KEY = randomBytes(16);
/** Around what is cut in chunks. */
const LENGTHS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7];

let folder: string;
let identityFile: string;
let identity: string;
let recipient: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-age-'));
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  identityFile = join(folder, 'identity');
  await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
});
afterAll(async () => await rm(folder, { recursive: true }));

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function all(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

test.each(LENGTHS)('the library opens what is sealed here, and the other way round (%i bytes)', async (length) => {
  const content = randomBytes(length);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);

  const sealed = await all(encrypted(inPieces(content, 50_000), [recipient]));
  expect(Buffer.from(await decrypter.decrypt(sealed)).equals(content)).toBe(true);
  const theirs = await encrypter.encrypt(content);
  expect(theirs).toHaveLength(sealed.length);
  for (const size of [7777, theirs.length])
    expect((await all(decrypted(inPieces(theirs, size), identityFile))).equals(content)).toBe(true);
});

test('each file has a key and a nonce of its own', async () => {
  const content = Buffer.alloc(100);
  const [one, other] = [1, 2].map(async () => await all(encrypted(inPieces(content, 100), [recipient])));

  expect((await one)?.subarray(-100).equals((await other)?.subarray(-100) ?? content)).toBe(false);
});

test('a header in pieces of one byte is read', async () => {
  const sealed = await all(encrypted(inPieces(Buffer.from('short'), 5), [recipient]));

  expect((await all(decrypted(inPieces(sealed, 1), identityFile))).toString()).toBe('short');
});

const three = async (): Promise<Buffer> => await all(sealedPayload(FILE_KEY, inPieces(Buffer.alloc(3 * CHUNK), CHUNK)));
const chunk = (payload: Buffer, index: number): Buffer =>
  payload.subarray(NONCE + index * SEALED, NONCE + (index + 1) * SEALED);
const CHANGES: Readonly<Record<string, (payload: Buffer) => Uint8Array>> = {
  'a bit of the nonce': (payload) =>
    Buffer.concat([[(payload[0] ?? 0) ^ 1], payload.subarray(1)].map((each) => Buffer.from(each))),
  'the last chunk, which is missing': (payload) => payload.subarray(0, -SEALED),
  'the end of the last chunk': (payload) => payload.subarray(0, -1),
  'all but the nonce': (payload) => payload.subarray(0, NONCE),
  'a part of the nonce': (payload) => payload.subarray(0, NONCE - 1),
  everything: () => Buffer.alloc(0),
  'two chunks that changed places': (payload) =>
    Buffer.concat([payload.subarray(0, NONCE), chunk(payload, 1), chunk(payload, 0), chunk(payload, 2)]),
  'the last chunk, which is there twice': (payload) => Buffer.concat([payload, chunk(payload, 2)]),
  'a byte behind it': (payload) => Buffer.concat([payload, Buffer.alloc(1)]),
  'a tag behind it': (payload) => Buffer.concat([payload, Buffer.alloc(16)]),
};
test.each(Object.entries(CHANGES))('a change is found: %s', async (_, change) => {
  const changed = change(await three());

  await expect(all(openedPayload(FILE_KEY, inPieces(changed, 10_000)))).rejects.toThrow(
    /unable to authenticate data|it ends in the middle of a chunk|it ends behind its header/,
  );
});

test('an empty last chunk behind others is refused, as age has it', async () => {
  // Sealed as the second of two, after a whole one.
  const whole = await all(sealedPayload(FILE_KEY, inPieces(Buffer.alloc(CHUNK + 1), CHUNK)));
  const cut = Buffer.concat([whole.subarray(0, NONCE + SEALED), whole.subarray(-16)]);

  await expect(all(openedPayload(FILE_KEY, inPieces(cut, CHUNK)))).rejects.toThrow(
    'it ends with a chunk that has nothing in it',
  );
});

test('another key opens nothing', async () => {
  await expect(all(openedPayload(randomBytes(16), inPieces(await three(), CHUNK)))).rejects.toThrow(
    'unable to authenticate data',
  );
});
