import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../playground/certificates.ts';
import { openEtcdClient } from '../../playground/etcd-client.ts';
import type { PlatformMember } from '../../playground/platforms.ts';

const run = promisify(execFile);

/** Somebody who writes to a ring all the time, through all of its members. */
export interface RingWriter {
  /** What was acknowledged: values by their keys. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /**
   * What was acknowledged until now and a member that runs does not have as it was written, as `m-1: /writer/0-000007`. A read that needs quorum
   * is answered from the data of the member that is asked, once it has applied what was committed before.
   */
  lost(): Promise<readonly string[]>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** What it writes to. */
export interface WrittenRing {
  /** The members of the moment. */
  members(): readonly Pick<PlatformMember, 'name' | 'clientUrl' | 'pid'>[];
  readonly tls: TlsFiles;
  /** Path of the etcdctl that reads at the end. */
  readonly etcdctl: string;
}

/** Below this prefix are its keys. */
const PREFIX = '/writer/';
/** A write that a sick member leaves without an answer is given up after this, ms. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 20;
const READ_MS = 30_000;

/** Starts writing: a key of its own each time, never again one that failed, members in turn as they are then. */
export function startRingWriter(ring: WrittenRing): RingWriter {
  const acknowledged = new Map<string, string>();
  const ending = new AbortController();
  const clients = new Map<string, ReturnType<typeof openEtcdClient>>();
  function clientOf(url: string): ReturnType<typeof openEtcdClient> {
    const known = clients.get(url) ?? openEtcdClient(url, ring.tls, PATIENCE_MS);
    clients.set(url, known);
    return known;
  }
  async function write(lane: number): Promise<void> {
    for (let at = 0; !ending.signal.aborted; at += 1) {
      const members = ring.members();
      const url = members[(at + lane) % members.length]?.clientUrl;
      const key = `${PREFIX}${lane}-${String(at).padStart(6, '0')}`;
      const value = randomBytes(8).toString('hex');
      const put =
        url === undefined ? Promise.reject(new Error('no member')) : clientOf(url).put(key, Buffer.from(value));
      if (
        await put.then(
          () => true,
          () => false,
        )
      )
        acknowledged.set(key, value);
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
  }
  const lanes = Promise.all([0, 1, 2].map(write));
  return {
    acknowledged,
    async lost() {
      const until = [...acknowledged];
      const running = ring.members().filter((each) => each.pid() !== undefined);
      const missing = await Promise.all(
        running.map(async ({ name, clientUrl }) => {
          const kept = await valuesAt(ring, clientUrl);
          return until.flatMap(([key, value]) => (kept.get(key) === value ? [] : [`${name}: ${key}`]));
        }),
      );
      return missing.flat();
    },
    async stop() {
      ending.abort();
      await lanes;
      for (const client of clients.values()) client.close();
    },
  };
}

async function valuesAt({ tls, etcdctl }: WrittenRing, url: string): Promise<ReadonlyMap<string, string>> {
  const access = [`--endpoints=${url}`, `--cacert=${tls.ca}`, `--cert=${tls.cert}`, `--key=${tls.key}`];
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const { stdout } = await run(etcdctl, [...access, '--command-timeout=30s', 'get', '--prefix', PREFIX], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: READ_MS,
    env,
  });
  const lines = stdout.split('\n');
  return new Map(lines.flatMap((line, at) => (at % 2 === 0 && line !== '' ? [[line, lines[at + 1] ?? '']] : [])));
}
