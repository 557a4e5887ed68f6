import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';
import type { TlsFiles } from '../../../playground/certificates.ts';

const PROTO = fileURLToPath(new URL('./raw.proto', import.meta.url));
const Method = z.object({
  path: z.string(),
  requestSerialize: z.custom<(value: object) => Buffer>((value) => typeof value === 'function'),
  responseDeserialize: z.custom<(bytes: Buffer) => object>((value) => typeof value === 'function'),
});

/** Activates a CORRUPT alarm. `memberId` is hexadecimal. @throws what gRPC says. */
export async function activateCorrupt(endpoint: string, tls: TlsFiles, memberId: string): Promise<void> {
  await call(endpoint, tls, 'Maintenance', 'Alarm', {
    action: 1,
    memberID: BigInt(`0x${memberId}`).toString(),
    alarm: 2,
  });
}

/** Activates a NOSPACE alarm. `memberId` is hexadecimal. @throws what gRPC says. */
export async function activateNospace(endpoint: string, tls: TlsFiles, memberId: string): Promise<void> {
  await call(endpoint, tls, 'Maintenance', 'Alarm', {
    action: 1,
    memberID: BigInt(`0x${memberId}`).toString(),
    alarm: 1,
  });
}

/** Adds a learner to the member list. @throws what gRPC says, for instance while members are not yet connected. */
export async function addLearner(endpoint: string, tls: TlsFiles, peerUrl: string): Promise<void> {
  await call(endpoint, tls, 'Cluster', 'MemberAdd', { peerURLs: [peerUrl], isLearner: true });
}

async function call(endpoint: string, tls: TlsFiles, service: string, name: string, request: object): Promise<void> {
  const loaded = loadSync(PROTO, { keepCase: true, longs: String });
  const method = z.record(z.string(), Method).parse(loaded[`etcdserverpb.${service}`])[name];
  if (method === undefined) throw new Error(`no such method: ${name}`);
  const security = credentials.createSsl(readFileSync(tls.ca), readFileSync(tls.key), readFileSync(tls.cert));
  const client = new Client(new URL(endpoint).host, security, { 'grpc.ssl_target_name_override': 'localhost' });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    new Metadata(),
    { deadline: Date.now() + 10_000 },
    (error) => (error === null ? resolve() : reject(error)),
  );
  try {
    await promise;
  } finally {
    client.close();
  }
}
