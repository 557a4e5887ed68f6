import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Free TCP ports of 127.0.0.1, all different. They lie below the range the kernel hands to outgoing connections, so that
 * a stopped server finds its port free again when it restarts. Another program may still take one in between: whoever
 * uses them retries with new ones.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(12_000, 32_000);
    // One after the other: a port must be known to be free before the next is drawn.
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

/** One free TCP port of 127.0.0.1; see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
