import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';
import type { TlsFiles } from './certificates.ts';

/** What one member says of itself. Sizes in bytes; ids as decimal strings. */
export interface MemberStatus {
  readonly memberId: string;
  readonly leaderId: string;
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly revision: number;
}

/** The playground's own small etcd client, bound to one endpoint. Not used by Drydock itself. */
export interface PlaygroundEtcdClient {
  put(key: string, value: Buffer): Promise<void>;
  /** Deletes every key from `from` (included) to `to` (excluded). */
  deleteRange(from: string, to: string): Promise<void>;
  /** Compacts up to the revision and waits until this member has done it. */
  compact(revision: number): Promise<void>;
  status(): Promise<MemberStatus>;
  close(): void;
}

const PROTO = fileURLToPath(new URL('./etcd/kv.proto', import.meta.url));
const UNCHECKED = z.object({});
const Header = z.object({ revision: z.coerce.number(), member_id: z.string() });
const Status = z.object({
  header: Header,
  version: z.string(),
  dbSize: z.coerce.number(),
  dbSizeInUse: z.coerce.number(),
  leader: z.string(),
});

const Method = z.object({
  path: z.string(),
  requestSerialize: z.custom<(value: object) => Buffer>((value) => typeof value === 'function'),
  responseDeserialize: z.custom<(bytes: Buffer) => unknown>((value) => typeof value === 'function'),
});
type Method = z.infer<typeof Method>;

/** Opens a client for one member. Every call has a deadline (`timeoutMs`, default 30 s) and is never retried. */
export function openEtcdClient(endpoint: string, tls: TlsFiles, timeoutMs = 30_000): PlaygroundEtcdClient {
  const methods = loadMethods();
  const client = new Client(
    new URL(endpoint).host,
    credentials.createSsl(readFileSync(tls.ca), readFileSync(tls.key), readFileSync(tls.cert)),
    // A name, because TLS knows no addresses as server names.
    { 'grpc.enable_retries': 0, 'grpc.ssl_target_name_override': 'localhost' },
  );
  function call<T>(name: string, request: object, answer: z.ZodType<T>): Promise<T> {
    const method = methods.get(name);
    if (method === undefined) throw new Error(`no such method: ${name}`);
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      const options = { deadline: Date.now() + timeoutMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, value) => {
        if (error === null) resolve(answer.parse(value));
        else reject(error);
      });
    });
  }
  return {
    async put(key, value) {
      await call('KV/Put', { key: Buffer.from(key), value }, UNCHECKED);
    },
    async deleteRange(from, to) {
      await call('KV/DeleteRange', { key: Buffer.from(from), range_end: Buffer.from(to) }, UNCHECKED);
    },
    async compact(revision) {
      await call('KV/Compact', { revision, physical: true }, UNCHECKED);
    },
    async status() {
      const { header, version, dbSize, dbSizeInUse, leader } = await call('Maintenance/Status', {}, Status);
      return { memberId: header.member_id, leaderId: leader, version, dbSize, dbSizeInUse, revision: header.revision };
    },
    close: () => client.close(),
  };
}

function loadMethods(): ReadonlyMap<string, Method> {
  const found = new Map<string, Method>();
  const definition = loadSync(PROTO, { keepCase: true, longs: String, defaults: true });
  for (const service of ['KV', 'Maintenance']) {
    const methods = z.record(z.string(), Method).parse(definition[`etcdserverpb.${service}`]);
    for (const [name, method] of Object.entries(methods)) found.set(`${service}/${name}`, method);
  }
  return found;
}
