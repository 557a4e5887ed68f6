import type { Duplex } from 'node:stream';
import type { Fields } from '../../contracts.ts';
import type { ExecRequest, ExecStreams } from '../exec-command.ts';
import { type SpdyStream, serveSpdy } from './spdy-session.ts';

/** How long the client may take to open its streams. */
const STREAMS_WITHIN_MS = 30_000;
/** How long a client may take to close after the end. */
const CLOSE_WITHIN_MS = 2_000;

/** Serves one exec over SPDY (`v4.channel.k8s.io`): waits for the client's streams, runs it, and sends its end. */
export async function serveSpdyExec(
  connection: Duplex,
  head: Buffer,
  request: ExecRequest,
  run: (streams: ExecStreams) => Promise<Fields>,
): Promise<void> {
  const expected = expectedStreams(request);
  const found = new Map<string, SpdyStream>();
  const all = Promise.withResolvers<boolean>();
  const session = serveSpdy(connection, head, (stream) => {
    found.set(stream.headers['streamtype'] ?? '', stream);
    if (expected.every((each) => found.has(each))) all.resolve(true);
  });
  const timer = setTimeout(() => all.resolve(false), STREAMS_WITHIN_MS);
  void session.closed.then(() => all.resolve(false));
  const complete = await all.promise;
  clearTimeout(timer);
  const errors = found.get('error');
  if (!complete || errors === undefined) return session.close(0);
  const status = await run({
    stdin: found.get('stdin')?.input ?? errors.input,
    stdout: (chunk) => found.get('stdout')?.write(chunk) ?? Promise.resolve(),
    stderr: (chunk) => found.get('stderr')?.write(chunk) ?? Promise.resolve(),
  });
  await errors.write(Buffer.from(JSON.stringify(status))).catch(() => undefined);
  for (const stream of found.values()) stream.end();
  await session.close(CLOSE_WITHIN_MS);
}

function expectedStreams({ stdin, stdout, stderr, tty }: ExecRequest): readonly string[] {
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr && !tty ? ['stderr'] : []),
    ...(tty ? ['resize'] : []),
  ];
}
