import { argv } from 'node:process';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { openStore } from '../../src/app/open-store.ts';
import { s3Settings } from './s3-server.ts';

// Uses a bucket as a worker does: with the proxies and authorities of its environment. Prints how each call ended. Arguments: the endpoint, the file of
// credentials.
const [endpoint = '', credentialsFile = ''] = argv.slice(2);
const store = openStore({ type: 's3', s3: s3Settings(endpoint, { credentialsFile }), keepForMs: null }, systemClock);
const SIZE = 9_000_000;

async function* content(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < SIZE; at += 1_000_000) yield await Promise.resolve(new Uint8Array(1_000_000).fill(at % 251));
}

async function readBack(): Promise<string> {
  const read = await store.get('a/stream');
  if (!read.ok) return read.error.message;
  let size = 0;
  for await (const bytes of read.value.bytes) size += bytes.length;
  return `${size} bytes`;
}

const put = await store.put('a/stream', content());
process.stdout.write(
  JSON.stringify({
    put: put.ok ? put.value.size : `${put.error.code}: ${put.error.message}`,
    read: put.ok ? await readBack() : null,
    removed: put.ok ? (await store.delete('a/stream')).ok : null,
  }),
);
