// A process of its own that takes one snapshot into a vault, or puts one file into a store. Argument: JSON as `Order` has it.
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { createBackupVault } from '../../src/adapters/backup/vault.ts';
import { createDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import { readEtcdTls } from '../../src/adapters/etcd/tls.ts';
import { createFileStore } from '../../src/adapters/object-store/file.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { backupId, stampOf } from '../../src/core/backup/names.ts';
import type { EtcdMember, EtcdPort } from '../../src/core/ports/etcd.ts';
import type { ObjectStore } from '../../src/core/ports/object-store.ts';

const Bucket = z.object({ endpoint: z.string(), credentialsFile: z.string() });
const Place = z.union([z.object({ folder: z.string() }), Bucket]);
const Keys = z.object({ recipients: z.array(z.string()), identityFile: z.string() });
const Tls = z.object({ ca: z.string(), cert: z.string(), key: z.string() });
const Order = z.discriminatedUnion('act', [
  // What a process costs that connects and takes nothing.
  z.object({ act: z.literal('connect'), endpoint: z.string(), tls: Tls }),
  z.object({
    act: z.literal('take'),
    endpoint: z.string(),
    tls: Tls,
    place: Place,
    compression: z.enum(['none', 'zstd']),
    encryption: Keys.nullable(),
  }),
  z.object({ act: z.literal('put'), file: z.string(), place: Place, key: z.string() }),
  // What a program would do by itself with the parts and the concurrency of Drydock.
  z.object({ act: z.literal('bare'), file: z.string(), place: Bucket, key: z.string() }),
]);
type Order = z.infer<typeof Order>;

const BUCKET = 'drydock';
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
const LIMIT_MS = 600_000;

interface Connected {
  readonly etcd: EtcdPort;
  readonly member: EtcdMember;
}

function storeAt(place: z.infer<typeof Place>): ObjectStore {
  if ('folder' in place) return createFileStore(place.folder);
  return createS3Store(
    {
      ...place,
      bucket: BUCKET,
      prefix: null,
      region: 'us-east-1',
      forcePathStyle: true,
      encryption: null,
      retentionMode: 'compliance',
    },
    { env: {}, nowMs: () => systemClock.nowMs() },
  );
}

async function connected({ endpoint, tls }: { endpoint: string; tls: z.infer<typeof Tls> }): Promise<Connected> {
  const read = await readEtcdTls(tls);
  if (!read.ok) throw new Error(read.problems.join(', '));
  const etcd = createDirectEtcd({ endpoints: [endpoint], tls: read.tls });
  const members = await etcd.members({ timeoutMs: LIMIT_MS });
  const member = members.ok ? members.value.members[0] : undefined;
  if (member === undefined) throw new Error('there is no member');
  return { etcd, member };
}

async function take({ endpoint, tls, place, compression, encryption }: Order & { act: 'take' }): Promise<void> {
  const { etcd, member } = await connected({ endpoint, tls });
  const settings = { compression, encryption, staticEncryption: null, retainMs: null };
  const parts = { cluster: 'prod', digest: canonicalDigest, clock: systemClock, static: null, settings };
  const vault = createBackupVault({ ...parts, main: storeAt(place) });
  const { signal } = new AbortController();
  const taken = await vault.take(
    {
      id: backupId('prod', stampOf(systemClock.nowIso()) ?? '', 'aaaa'),
      role: 'snapshot',
      feed: async (write, ending) => {
        const call = { timeoutMs: LIMIT_MS, stallMs: LIMIT_MS, signal: ending };
        const end = await etcd.snapshot(member, async ({ bytes }) => await write(bytes), call);
        return end.ok ? { ok: true } : { ok: false, why: end.error.message };
      },
    },
    { signal },
  );
  if (!taken.ok) throw new Error(taken.error.message);
  process.stdout.write(`${JSON.stringify(taken.value)}\n`);
}

async function put({ file, place, key }: Order & { act: 'put' }): Promise<void> {
  const stored = await storeAt(place).put(key, createReadStream(file), { createOnly: true });
  if (!stored.ok) throw new Error(stored.error.message);
}

async function bare({ file, place, key }: Order & { act: 'bare' }): Promise<void> {
  const [{ S3Client }, { Upload }] = [await import('@aws-sdk/client-s3'), await import('@aws-sdk/lib-storage')];
  const client = new S3Client({
    endpoint: place.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const params = { Bucket: BUCKET, Key: key, Body: createReadStream(file), ChecksumAlgorithm: 'SHA256' } as const;
  await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
}

const order = Order.parse(JSON.parse(process.argv[2] ?? ''));
if (order.act === 'connect') await connected(order);
else if (order.act === 'take') await take(order);
else await (order.act === 'put' ? put(order) : bare(order));
process.exit();
