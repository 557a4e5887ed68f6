import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../ports.ts';

/** The ports that a control-plane node uses: etcd's clients, peers and metrics, the API server, the kubelet. */
export const NODE_PORTS = [2379, 2380, 2381, 6443, 10_250] as const;

/** Where one simulated node lives on this machine. */
export interface NodePlace {
  /** `cp-1`, `worker-1`, … */
  readonly name: string;
  /** Its own loopback address (Linux), or 127.0.0.1. */
  readonly address: string;
  /** Everything of this node; its root directory is {@link rootOf}. */
  readonly directory: string;
  /** The port of this machine that stands for a port of the node. The same one where the node has its own address. */
  readonly port: (port: number) => number;
}

/** The directory that is `/` for the node. */
export function rootOf(place: Pick<NodePlace, 'directory'>): string {
  return join(place.directory, 'rootfs');
}

/** The places of a cluster's nodes. */
export interface Places {
  /** Those asked for, in their order. */
  readonly first: readonly NodePlace[];
  /** A place for one more node; a name that was used before gets another address. @throws Error when none is left. */
  next(name: string): NodePlace;
}

/** How many nodes may be added to a cluster in its life, where nobody says so. */
const SPARE = 16;

/**
 * Chooses an address for every node, and keeps some for later ones. On Linux all of 127.0.0.0/8 is this machine, so each node gets
 * an address of its own in a /24 drawn at random and found free, and real port numbers. Elsewhere, or when another program holds such
 * a port on every address, all are 127.0.0.1 with free ports.
 *
 * @param names names of the nodes, at most 200
 * @param directory the cluster's directory; a node's is `nodes/<name>` in it
 * @param addresses `shared`: 127.0.0.1 with free ports also on Linux
 * @param spare how many are kept; with the names at most 200
 */
export async function choosePlaces(
  names: readonly string[],
  directory: string,
  addresses: 'own' | 'shared' = process.platform === 'linux' ? 'own' : 'shared',
  spare = SPARE,
): Promise<Places> {
  const count = names.length + spare;
  const prefix = addresses === 'own' ? await freePrefix(count) : undefined;
  const at = prefix === undefined ? await placesWithPorts(count) : placesOf(prefix, count);
  let used = 0;
  function next(name: string): NodePlace {
    const found = at[used];
    if (found === undefined) throw new Error(`no address is left for ${name}: ${spare} nodes were added already`);
    used += 1;
    return { name, directory: join(directory, 'nodes', name), ...found };
  }
  return { first: names.map(next), next };
}

/** A place that nobody has yet. */
type Free = Pick<NodePlace, 'address' | 'port'>;

function placesOf(prefix: string, count: number): readonly Free[] {
  return Array.from({ length: count }, (_, index) => ({ address: `${prefix}.${index + 11}`, port: (port) => port }));
}

async function freePrefix(count: number, tries = 5): Promise<string | undefined> {
  const prefix = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  const wanted = Array.from({ length: count }, (_, index) => `${prefix}.${index + 11}`).flatMap((address) =>
    NODE_PORTS.map((port) => isFree(address, port)),
  );
  if ((await Promise.all(wanted)).every(Boolean)) return prefix;
  return tries > 1 ? freePrefix(count, tries - 1) : undefined;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function placesWithPorts(count: number): Promise<readonly Free[]> {
  const free = await freePorts(count * NODE_PORTS.length);
  return Array.from({ length: count }, (_, index) => {
    const own = new Map<number, number>(
      NODE_PORTS.map((port, at) => [port, free[index * NODE_PORTS.length + at] ?? port]),
    );
    return { address: '127.0.0.1', port: (port: number) => own.get(port) ?? port };
  });
}
