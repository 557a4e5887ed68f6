import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';

/** An address whose far end a test can change, as a stale DNS name or a load balancer does. */
export interface TcpProxy {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  /** New connections go to that URL from now on; standing ones are cut. */
  leadTo(url: string): void;
  /** Why the last connection that could not be made could not. */
  problem(): Error | null;
  close(): Promise<void>;
}

/** Starts the proxy; it forwards bytes and looks at none. */
export async function startTcpProxy(firstUrl: string): Promise<TcpProxy> {
  let target = firstUrl;
  let problem: Error | null = null;
  const sockets = new Set<Socket>();
  function cut(): void {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  }
  const server = createServer((inward) => {
    const { hostname, port } = new URL(target);
    const outward = connect(Number(port), hostname);
    outward.once('error', (error) => {
      problem = error;
    });
    for (const [one, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `https://127.0.0.1:${port}`,
    leadTo(url) {
      target = url;
      cut();
    },
    problem: () => problem,
    async close() {
      cut();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
