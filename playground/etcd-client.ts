import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { z } from 'zod';
import type { TlsFiles } from './certificates.ts';
import { etcdMethod } from './etcd-methods.ts';

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

/** Opens a client for one member. Every call has a deadline (`timeoutMs`, default 30 s) and is never retried. */
export function openEtcdClient(endpoint: string, tls: TlsFiles, timeoutMs = 30_000): PlaygroundEtcdClient {
  const client = new Client(
    new URL(endpoint).host,
    credentials.createSsl(readFileSync(tls.ca), readFileSync(tls.key), readFileSync(tls.cert)),
    // A name, because TLS knows no addresses as server names.
    { 'grpc.enable_retries': 0, 'grpc.ssl_target_name_override': 'localhost' },
  );
  function call<T>(name: string, request: object, answer: z.ZodType<T>): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = etcdMethod(PROTO, name);
    return new Promise((resolve, reject) => {
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
