import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';

/** What came on the channels of one WebSocket, until it was closed. */
export interface Channels {
  readonly socket: WebSocket;
  /** Text of a channel so far. */
  text(channel: number): string;
  /** Settles when it is closed, with the status of the error channel. */
  readonly status: Promise<z.infer<typeof Status>>;
}

const Status = z.object({
  status: z.string(),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.object({ causes: z.array(z.object({ reason: z.string().optional(), message: z.string() })) }).optional(),
});

/** The query of an exec. */
export function execQuery(argv: readonly string[], options: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ stdout: 'true', stderr: 'true', ...options });
  for (const word of argv) query.append('command', word);
  return query.toString();
}

/** Opens a WebSocket of the API server as its administrator. @throws Error with status and body when it is refused. */
export async function openChannels(
  cluster: PlaygroundCluster,
  path: string,
  protocols: readonly string[],
): Promise<Channels> {
  const { superAdmin, ca } = cluster.pki;
  const [cert, key, authority] = await Promise.all(
    [superAdmin.cert, superAdmin.key, ca.cert].map((file) => readFile(file)),
  );
  const socket = new WebSocket(`${cluster.server}${path}`, [...protocols], { cert, key, ca: authority });
  const came = new Map<number, Buffer[]>();
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0;
    came.set(channel, [...(came.get(channel) ?? []), data.subarray(1)]);
  });
  function text(channel: number): string {
    return Buffer.concat(came.get(channel) ?? []).toString();
  }
  const closed = once(socket, 'close');
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)));
    });
  });
  const status = closed.then(() => Status.parse(JSON.parse(text(3))));
  // Whoever does not ask for it does not need it.
  status.catch(() => undefined);
  return { socket, text, status };
}
