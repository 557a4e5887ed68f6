import { open, readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What of a log is wanted; the query of `/log`. */
export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** Nothing older. */
  readonly since: Date | undefined;
}

/** Reads the options of a query. @throws Error naming a parameter that is no number. */
export function readLogOptions(query: URLSearchParams, now: Date): LogOptions {
  const seconds = wholeNumber(query, 'sinceSeconds');
  const time = query.get('sinceTime');
  const since =
    seconds === undefined ? (time === null ? undefined : new Date(time)) : new Date(now.getTime() - seconds * 1_000);
  return {
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    tailLines: wholeNumber(query, 'tailLines'),
    limitBytes: wholeNumber(query, 'limitBytes'),
    since,
  };
}

/** The log's lines as bytes; follows the file while `alive` says so. A file that is not there is an empty log. */
export async function* readLog(path: string, options: LogOptions, alive: () => boolean): AsyncGenerator<Uint8Array> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  function* cut(text: string): Generator<Uint8Array> {
    const bytes = Buffer.from(text).subarray(0, Math.min(left, 0x7f_ff_ff_ff));
    left -= bytes.length;
    if (bytes.length > 0) yield bytes;
  }
  const old = await textOf(`${path}.old`);
  const present = await textOf(path);
  const lines = shown(old + present, options);
  yield* cut(lines.slice(lines.length - Math.min(options.tailLines ?? lines.length, lines.length)).join(''));
  let at = Buffer.byteLength(present);
  let unfinished = '';
  while (options.follow && left > 0) {
    const more = alive();
    const chunk = await textFrom(path, at);
    if (chunk.shrunk) at = 0;
    at += chunk.bytes;
    const text = unfinished + chunk.text;
    const end = text.lastIndexOf('\n') + 1;
    unfinished = text.slice(end);
    yield* cut(shown(text.slice(0, end), options).join(''));
    // One more look after its end, for its last words.
    if (!more) return;
    await delay(100);
  }
}

/** `<time> <stream> F <line>` → what the client sees. */
function shown(text: string, options: LogOptions): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [, time = '', words = ''] = /^(\S+) \S+ \S (.*)$/.exec(line) ?? [];
      if (options.since !== undefined && new Date(time) < options.since) return [];
      return [options.timestamps ? `${time} ${words}\n` : `${words}\n`];
    });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

async function textFrom(path: string, at: number): Promise<{ text: string; bytes: number; shrunk: boolean }> {
  try {
    const { size } = await stat(path);
    if (size < at) return { text: '', bytes: 0, shrunk: true };
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - at), 0, size - at, at);
      return { text: buffer.toString('utf8', 0, bytesRead), bytes: bytesRead, shrunk: false };
    } finally {
      await file.close();
    }
  } catch {
    return { text: '', bytes: 0, shrunk: false };
  }
}

function flag(query: URLSearchParams, name: string): boolean {
  return ['true', '1', ''].includes(query.get(name) ?? 'false');
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}
