import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Carries TLS connections to a server, and can make the server break them by an alert. */
export interface AlertingProxy {
  readonly port: number;
  /** Connections so far. */
  taken(): number;
  /** Sends the server a record on every open connection that it cannot decrypt: it answers with the alert `bad_record_mac`. */
  spoil(): void;
  close(): Promise<void>;
}

/** Type, version and length of a record of application data, and bytes that nobody encrypted. */
const FOREIGN_RECORD = Buffer.concat([Buffer.from([0x17, 0x03, 0x03, 0x00, 0x40]), Buffer.alloc(0x40, 0x5a)]);

/** Starts it on a free port of 127.0.0.1. */
export async function startAlertingProxy(targetPort: number): Promise<AlertingProxy> {
  const open = new Set<Socket>();
  const targets = new Set<Socket>();
  let taken = 0;
  const server = createServer((client) => {
    taken += 1;
    const target = connect(targetPort, '127.0.0.1');
    targets.add(target);
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(target);
    target.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    taken: () => taken,
    spoil() {
      for (const target of targets) target.write(FOREIGN_RECORD);
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
