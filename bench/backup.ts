import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import S3rver from 's3rver';
import { makeTemporaryDirectory, removeDirectory } from '../playground/directories.ts';
import { type EtcdRing, startEtcdRing } from '../playground/etcd-ring.ts';
import { fillUpTo } from './backup/database.ts';
import { type BenchOptions, percentile, reportFailure } from './figures.ts';
import { type Cost, inTurns, printCosts, toItsEnd } from './programs.ts';

const TAKER = fileURLToPath(new URL('backup/taker.ts', import.meta.url));
const FULL = { smallMib: 256, mib: 1024, rounds: 3 };
const SHORT = { smallMib: 16, mib: 64, rounds: 1 };
const OURS = 'Drydock';
const MIB = 1024 * 1024;
/** Memory that may come to more with the larger database, as a part of what that has more. */
const GROWS = 0.1;
const GIB_4 = 4 * 1024 * MIB;

type Costs = ReadonlyMap<string, readonly Cost[]>;

/** Where everything lies. */
interface Scene {
  readonly ring: EtcdRing;
  readonly folder: string;
  readonly keys: { readonly recipients: readonly string[]; readonly identityFile: string };
}

interface Way {
  readonly name: string;
  /** Measures it once, and leaves nothing. */
  run(): Promise<Cost>;
}

async function node(name: string, order: object): Promise<Cost> {
  return await toItsEnd({ name, command: process.execPath, args: [TAKER, JSON.stringify(order)] });
}

/** What a process costs before it takes anything: a worker has started long ago. */
function connecting({ ring }: Scene): Way {
  const name = `${OURS}, connects and takes nothing`;
  const order = { act: 'connect', endpoint: ring.endpoints[0], tls: ring.tls };
  return { name, run: async () => await node(name, order) };
}

/** A snapshot into a store that is empty before. */
function taking({ ring, folder, keys }: Scene, dress: { readonly zstd: boolean; readonly age: boolean }): Way {
  const name = `${OURS}, ${dress.zstd ? 'zstd' : 'plain'}${dress.age ? ', age' : ''}, read back`;
  async function run(): Promise<Cost> {
    const store = join(folder, 'store');
    await mkdir(store);
    try {
      return await node(name, {
        act: 'take',
        endpoint: ring.endpoints[0],
        tls: ring.tls,
        place: { folder: store },
        compression: dress.zstd ? 'zstd' : 'none',
        encryption: dress.age ? keys : null,
      });
    } finally {
      await removeDirectory(store);
    }
  }
  return { name, run };
}

function etcdctl({ ring, folder }: Scene): readonly string[] {
  const { ca, cert, key } = ring.tls;
  const access = [`--endpoints=${ring.endpoints[0] ?? ''}`, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
  return [...access, 'snapshot', 'save', join(folder, 'saved.db')];
}

/** One after the other; the most memory is that of the one that takes more. */
function byHand(scene: Scene): Way {
  const name = 'etcdctl snapshot save, then sha256sum';
  async function run(): Promise<Cost> {
    const saved = join(scene.folder, 'saved.db');
    await removeDirectory(saved);
    const save = await toItsEnd({ name: 'etcdctl', command: 'etcdctl', args: etcdctl(scene) });
    const sum = await toItsEnd({ name: 'sha256sum', command: 'sha256sum', args: [saved] });
    return {
      ms: save.ms + sum.ms,
      cpuMs: save.cpuMs + sum.cpuMs,
      peakKib: Math.max(save.peakKib, sum.peakKib),
    };
  }
  return { name, run };
}

async function toAFolder(scene: Scene, rounds: number, bytes: number): Promise<Costs> {
  const dresses = [
    { zstd: false, age: false },
    { zstd: true, age: false },
    { zstd: true, age: true },
  ];
  const ways = [connecting(scene), ...dresses.map((dress) => taking(scene, dress)), byHand(scene)];
  const costs = await inTurns(ways, rounds, async (way) => await way.run());
  printCosts(`Snapshot of ${(bytes / MIB).toFixed(0)} MiB to a folder, as processes from start to end`, costs);
  return costs;
}

/** Says whether the most memory grows with the database. `judged`: there is enough of it to tell. */
function judgeMemory(small: Costs, large: Costs, moreMib: number, judged: boolean): void {
  console.log(`\nMost memory, and with ${moreMib.toFixed(0)} MiB more of a database`);
  for (const [name, costs] of large) {
    const [before, after] = [mostMib(small.get(name) ?? []), mostMib(costs)];
    console.log(`${name.padEnd(48)}${`${before.toFixed(0)} MiB, ${after.toFixed(0)} MiB`.padStart(28)}`);
    if (judged && name.startsWith(OURS) && after - before > moreMib * GROWS)
      reportFailure(`the memory of ${name} grows with the database`);
  }
  if (!judged) console.log('too short to judge');
}

function mostMib(costs: readonly Cost[]): number {
  return (
    percentile(
      costs.map(({ peakKib }) => peakKib),
      0.5,
    ) / 1024
  );
}

/** The last snapshot that `etcdctl` saved goes into a bucket of s3rver, which runs in this process. */
async function toABucket(scene: Scene, rounds: number, bytes: number): Promise<void> {
  const { ring, folder } = scene;
  const credentialsFile = join(folder, 'credentials');
  await writeFile(credentialsFile, '[default]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n');
  const file = join(folder, 'saved.db');
  async function inABucket(act: (place: object) => Promise<Cost>): Promise<Cost> {
    const directory = join(folder, 'buckets');
    const configureBuckets = [{ name: 'drydock' }];
    const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
    const { port } = await server.run();
    try {
      return await act({ endpoint: `http://127.0.0.1:${port}`, credentialsFile });
    } finally {
      await server.close();
      await removeDirectory(directory);
    }
  }
  const rest = { endpoint: ring.endpoints[0], tls: ring.tls, compression: 'none', encryption: null };
  const orders = new Map<string, object>([
    [`${OURS}, snapshot from etcd, read back`, { ...rest, act: 'take' }],
    [`${OURS}, put of that file`, { act: 'put', file, key: 'saved.db' }],
    ['@aws-sdk/lib-storage, upload of that file', { act: 'bare', file, key: 'saved.db' }],
  ]);
  const ways = [...orders].map(([name, order]): Way => {
    const run = async (): Promise<Cost> => await inABucket(async (place) => await node(name, { ...order, place }));
    return { name, run };
  });
  const costs = await inTurns(ways, rounds, async (way) => await way.run());
  const parts = 'parts of 8 MiB, four at once';
  printCosts(`${(bytes / MIB).toFixed(0)} MiB to a bucket of s3rver on loopback, ${parts}`, costs);
}

/**
 * A snapshot of a real etcd on loopback into a vault, with its reading back, beside `etcdctl snapshot save` and `sha256sum`: time and most memory,
 * at two sizes; and into a bucket beside an upload by the SDK alone.
 */
export async function benchBackup({ short, mib }: BenchOptions): Promise<void> {
  const load = short ? SHORT : FULL;
  const largeMib = mib ?? load.mib;
  const smallMib = Math.min(load.smallMib, Math.ceil(largeMib / 4));
  const folder = await makeTemporaryDirectory('bench-backup');
  const ring = await startEtcdRing({ size: 1, quotaBytes: GIB_4 });
  try {
    const identity = await generateX25519Identity();
    const identityFile = join(folder, 'identity');
    await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
    const scene = { ring, folder, keys: { recipients: [await identityToRecipient(identity)], identityFile } };
    const smallBytes = await fillUpTo(ring, smallMib);
    const small = await toAFolder(scene, load.rounds, smallBytes);
    await toABucket(scene, load.rounds, smallBytes);
    const largeBytes = await fillUpTo(ring, largeMib, smallMib);
    const large = await toAFolder(scene, load.rounds, largeBytes);
    judgeMemory(small, large, (largeBytes - smallBytes) / MIB, !short);
  } finally {
    await ring.stop();
    await removeDirectory(folder);
  }
}
