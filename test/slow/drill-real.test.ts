import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EtcdRing, startEtcdRing } from '../../playground/etcd-ring.ts';
import { createDrill } from '../../src/adapters/drill/drill.ts';
import { createDirectEtcd, createSocketEtcd } from '../../src/adapters/etcd/direct.ts';
import type { DrillFindings, DrillOrder, DrillResult } from '../../src/core/ports/drill.ts';
import type { EtcdHash, EtcdPort } from '../../src/core/ports/etcd.ts';
import { activateCorrupt } from '../contract/etcd/raw.ts';
import { BINARY_3_4, BINARY_3_5, tlsOf } from '../contract/etcd/real-ring.ts';
import { ok } from '../contract/etcd/ring-under-test.ts';
import { createRealClock } from '../support/real-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const FOLDER_3_4 = dirname(BINARY_3_4);
const FOLDER_3_5 = dirname(BINARY_3_5);
const NAMESPACE = '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}';
/** A Pod in protobuf, as the API server keeps it. */
const POD = Buffer.from('6b3873000a090a02763112035 06f6412050a030a01611a002200'.replace(' ', ''), 'hex');

/** A snapshot of a real member, with what the member says of itself at the revision before. */
interface Source {
  readonly version: string;
  readonly revision: bigint;
  readonly keys: number;
  readonly hash: EtcdHash;
  readonly file: Buffer;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-drills-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function drillWith(searchIn: readonly string[]) {
  return createDrill({
    folder,
    searchIn,
    path: '',
    etcdAt: createSocketEtcd,
    clock: createRealClock(),
    log: createRecordingLog(),
  });
}

/** A busy machine may take long for a write, and nothing here is about that. */
const PATIENT = { timeoutMs: 60_000 };

async function fill(port: EtcdPort): Promise<void> {
  for (let from = 0; from < 1200; from += 50) {
    const names = Array.from({ length: 50 }, (_, at) => `/registry/leases/x/${from + at}`);
    const written = await Promise.all(names.map(async (name) => await port.put(name, Buffer.from(NAMESPACE), PATIENT)));
    for (const each of written) ok(each);
  }
  for (const name of ['a', 'b']) ok(await port.put(`/registry/pods/x/${name}`, POD, PATIENT));
  ok(await port.put('/registry/secrets/x/a', Buffer.from('k8s:enc:aescbc:v1:key1:\u0001\u0002'), PATIENT));
  ok(await port.put('/registry/configmaps/x/a', Buffer.from('not what it should be'), PATIENT));
  ok(await port.put('compact_rev_key', Buffer.from('1'), PATIENT));
  ok(await port.deleteKey('/registry/leases/x/3', PATIENT));
  const { revision } = ok(
    await port
      .deleteKey('/registry/leases/x/4', PATIENT)
      .then(async () => await port.put('/registry/pods/x/b', POD, PATIENT)),
  );
  ok(await port.compact(revision - 1n, { ...PATIENT, physical: true }));
  ok(await port.put('/registry/leases/x/5', Buffer.from(NAMESPACE), PATIENT));
  ok(await port.deleteKey('/registry/leases/x/6', PATIENT));
}

async function takeFrom(ring: EtcdRing): Promise<Source> {
  const port = createDirectEtcd({ endpoints: ring.endpoints, tls: await tlsOf(ring) });
  try {
    await fill(port);
    const [member] = ok(await port.members(PATIENT)).members;
    if (member === undefined) throw new Error('an empty ring');
    await activateCorrupt(ring.endpoints[0] ?? '', ring.tls, member.id);
    const { version, revision } = ok(await port.status(member, PATIENT));
    const all = { key: '\0', rangeEnd: '\0', countOnly: true, serializable: true, revision };
    const keys = Number(ok(await port.range(all, PATIENT)).count);
    const hash = ok(await port.hash(member, revision, PATIENT));
    const chunks: Uint8Array[] = [];
    const write = async ({ bytes }: { readonly bytes: Uint8Array }): Promise<void> =>
      await Promise.resolve(void chunks.push(bytes));
    ok(await port.snapshot(member, write, { timeoutMs: 60_000, stallMs: 60_000 }));
    return { version, revision, keys, hash, file: Buffer.concat(chunks) };
  } finally {
    await port.close();
  }
}

function orderOf(source: Source, more: Partial<DrillOrder> = {}): DrillOrder {
  async function* content(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < source.file.length; at += 32_768)
      yield await Promise.resolve(source.file.subarray(at, at + 32_768));
  }
  return {
    id: 'prod-20261122005130-7f3k',
    version: source.version,
    sizeBytes: source.file.length,
    revision: String(source.revision),
    content: content(),
    ...more,
  };
}

function found(result: DrillResult<DrillFindings>): DrillFindings {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const call = () => ({ signal: new AbortController().signal });

const BOTH = [FOLDER_3_4, FOLDER_3_5];

describe.each([
  {
    name: '3.4',
    binary: BINARY_3_4,
    restorers: [
      { with: 'the same minor version', searchIn: BOTH, version: /^3\.4\./ },
      { with: 'a newer minor version', searchIn: [FOLDER_3_5], version: /^3\.5\./ },
    ],
  },
  {
    name: '3.5',
    binary: BINARY_3_5,
    restorers: [{ with: 'the same minor version', searchIn: BOTH, version: /^3\.5\./ }],
  },
])('drills with a snapshot of etcd $name', ({ binary, restorers }) => {
  let source: Source;
  beforeAll(async () => {
    const ring = await startEtcdRing({ binary, size: 1 });
    try {
      source = await takeFrom(ring);
    } finally {
      await ring.stop();
    }
  }, 240_000);

  function expectAll(findings: DrillFindings): void {
    const { hash, compactRevision } = source.hash;
    expect(findings).toMatchObject({
      keys: source.keys,
      hashKv: { hash, compactRevision: String(compactRevision), revision: String(source.revision) },
      encryptionProviders: ['aescbc'],
      alarmsDisarmed: 1,
      tookWrite: true,
    });
    expect(BigInt(findings.revision)).toBeGreaterThanOrEqual(source.revision);
    expect(findings.resources).toEqual([
      { resource: 'compact_rev_key', count: 1, sampled: 0, encrypted: 0, undecodable: 0 },
      { resource: 'configmaps', count: 1, sampled: 1, encrypted: 0, undecodable: 1 },
      { resource: 'leases', count: 1197, sampled: 5, encrypted: 0, undecodable: 0 },
      { resource: 'pods', count: 2, sampled: 2, encrypted: 0, undecodable: 0 },
      { resource: 'secrets', count: 1, sampled: 1, encrypted: 1, undecodable: 0 },
    ]);
  }

  test.each(restorers)('restored by $with, everything is as it was, hash and all', async ({ searchIn, version }) => {
    const words: string[] = [];
    const findings = found(
      await drillWith(searchIn).restore(orderOf(source, { onProgress: (said) => void words.push(said) }), call()),
    );
    expect(findings.programs.version).toMatch(version);
    expectAll(findings);
    expect(words.length).toBeGreaterThan(4);
    expect(await readdir(folder)).toEqual([]);
  });

  test('one byte that changed is enough: etcd refuses to restore it, and nothing is left', async () => {
    const file = Buffer.from(source.file);
    file.writeUInt8(file.readUInt8(9000) ^ 1, 9000);

    const result = await drillWith(BOTH).restore(orderOf({ ...source, file }), call());
    expect(result).toEqual({
      ok: false,
      error: { code: 'refused', message: expect.stringMatching(/^etcd refuses to restore it: .*expected sha256/) },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a revision that the backup never had, or that was compacted away, is not counted or hashed', async () => {
    const drill = drillWith(BOTH);
    const later = found(await drill.restore(orderOf(source, { revision: String(source.revision + 1000n) }), call()));
    const earlier = found(await drill.restore(orderOf(source, { revision: '2' }), call()));

    for (const findings of [later, earlier]) {
      expect(findings).toMatchObject({ keys: null, hashKv: null, tookWrite: true });
      expect(findings.resources.reduce((sum, { count }) => sum + count, 0)).toBe(source.keys);
    }
    expect(await readdir(folder)).toEqual([]);
  });
});
