import { once } from 'node:events';
import type { Server } from 'node:http';

/** Lets a server listen on a free port of 127.0.0.1 and tells which. */
export async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
