import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** The port of etcd's clients and that of its peers, on each host. */
export const ETCD_PORTS = { client: 2379, peer: 2380 } as const;

/** The port of every host's ssh server: not ssh's own, which only root may have. */
export const SSH_PORT = 2222;

/**
 * Chooses loopback addresses, one a host, in a /24 drawn at random on which no needed port is taken. On Linux all of 127.0.0.0/8 is this
 * machine.
 *
 * @throws Error where loopback has one address only (macOS), or when nothing is free.
 */
export async function chooseAddresses(count: number, tries = 8): Promise<readonly string[]> {
  if (process.platform !== 'linux') throw new Error('hosts with addresses of their own need Linux');
  const prefix = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  const addresses = Array.from({ length: count }, (_, index) => `${prefix}.${index + 11}`);
  const wanted = addresses.flatMap((address) =>
    [ETCD_PORTS.client, ETCD_PORTS.peer, SSH_PORT].map((port) => isFree(address, port)),
  );
  if ((await Promise.all(wanted)).every(Boolean)) return addresses;
  if (tries <= 1) throw new Error(`no loopback addresses with the ports 2379, 2380 and ${SSH_PORT} free`);
  return chooseAddresses(count, tries - 1);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
