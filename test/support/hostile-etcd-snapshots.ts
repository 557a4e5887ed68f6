import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** One message of the stream as it goes over the wire. */
export interface SnapshotMessage {
  readonly remaining_bytes: number;
  readonly blob: Buffer;
}

/** A member that answers who it is, and streams what it was given instead of a snapshot. */
export interface HostileSnapshots {
  readonly endpoint: string;
  /** Id it gives, as the port has it. */
  readonly memberId: string;
  /** Streams that it still serves. */
  open(): number;
  stop(): void;
}

const PROTO = fileURLToPath(new URL('../../src/adapters/etcd/rpc.proto', import.meta.url));
const HEADER = { cluster_id: '1', member_id: '7', revision: '5', raft_term: '2' };

/** Starts it. `end`: whether it ends the stream after the messages; else it sends empty ones without end, as etcd does that lost its reader. */
export async function startHostileSnapshots(
  messages: readonly SnapshotMessage[],
  { end }: { readonly end: boolean },
): Promise<HostileSnapshots> {
  const server = new Server();
  let open = 0;
  function stream(call: ServerWritableStream<object, SnapshotMessage>): void {
    open += 1;
    const timer = setInterval(() => call.write({ remaining_bytes: 512, blob: Buffer.alloc(0) }), 20);
    call.once('cancelled', () => {
      open -= 1;
      clearInterval(timer);
    });
    for (const message of messages) call.write(message);
    if (!end) return;
    clearInterval(timer);
    open -= 1;
    call.end();
  }
  const maintenance = loadSync(PROTO, { keepCase: true })['etcdserverpb.Maintenance'];
  if (maintenance === undefined || 'format' in maintenance) throw new Error(`${PROTO} has no such service`);
  server.addService(maintenance, { Status: status, Snapshot: stream });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { endpoint: `http://127.0.0.1:${port}`, memberId: '7', open: () => open, stop: () => server.forceShutdown() };
}

function status(_call: unknown, answer: (error: null, value: object) => void): void {
  answer(null, { header: HEADER, version: '3.5.16' });
}
