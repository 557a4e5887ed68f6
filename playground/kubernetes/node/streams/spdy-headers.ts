import { constants, createInflate } from 'node:zlib';

/** Names and values of a stream; names are in lower case. */
export type Headers = Readonly<Record<string, string>>;

const WORDS = [
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow',
  'authorization cache-control connection content-base content-encoding content-language content-length',
  'content-location content-md5 content-range content-type date etag expect expires from host if-match',
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma',
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade',
  'user-agent vary via warning www-authenticate method get status',
]
  .join(' ')
  .split(' ');
const LATER_WORDS = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];
const CODES =
  '100 101 201 202 205 206 300 302 303 304 305 306 307 402 405 406 407 408 409 410 411 412 413 414 415 416 417 502 504 505';
const TAIL = [
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden',
  '404 Not Found500 Internal Server Error501 Not ',
  'Implemented503 Service Unavailable',
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT',
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,',
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
].join('');

/** The dictionary of SPDY/3, draft-mbelshe-httpbis-spdy-00 part 2.6.10.1: words with their lengths, then plain text. */
export const DICTIONARY: Buffer = Buffer.concat([
  ...[...WORDS, ...LATER_WORDS].map(counted),
  Buffer.from(CODES.replaceAll(' ', '') + TAIL),
]);

/** Reads the header blocks of one connection: they are one compressed stream, so they must come in order. */
export interface HeaderReader {
  read(block: Buffer): Promise<Headers>;
}

/** Makes the reader of a connection. */
export function createHeaderReader(): HeaderReader {
  const inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  inflate.on('error', () => undefined);
  return {
    async read(block) {
      await new Promise<void>((resolve, reject) => {
        inflate.write(block, (error) => (error ? reject(error) : resolve()));
      });
      const chunks: Buffer[] = [];
      for (;;) {
        const chunk: unknown = inflate.read();
        if (!Buffer.isBuffer(chunk)) break;
        chunks.push(chunk);
      }
      return parseHeaders(Buffer.concat(chunks));
    },
  };
}

/** An empty stored block: a reader hands out what it has when it meets one (Go's only then). */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);

/** Writes the header blocks of one connection, without compressing: as stored blocks, which every inflater reads. */
export interface HeaderWriter {
  write(headers: Headers): Buffer;
}

/** Makes the writer of a connection. */
export function createHeaderWriter(): HeaderWriter {
  let first = true;
  return {
    write(headers) {
      const entries = Object.entries(headers);
      const plain = Buffer.concat([uint32(entries.length), ...entries.flat().map(counted)]);
      const length = Buffer.alloc(5);
      length.writeUInt16LE(plain.length, 1);
      length.writeUInt16LE(plain.length ^ 0xff_ff, 3);
      const start = first ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0);
      first = false;
      return Buffer.concat([start, length, plain, FLUSH]);
    },
  };
}

function parseHeaders(block: Buffer): Headers {
  const found: Record<string, string> = {};
  let at = 4;
  function text(): string {
    const length = block.readUInt32BE(at);
    const value = block.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  }
  for (let left = block.readUInt32BE(0); left > 0; left -= 1) {
    const name = text().toLowerCase();
    found[name] = text();
  }
  return found;
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
