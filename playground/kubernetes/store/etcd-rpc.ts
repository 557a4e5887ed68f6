import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Client,
  type ClientDuplexStream,
  credentials,
  status as grpcStatus,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { z } from 'zod';
import type { TlsFiles } from '../../certificates.ts';
import { etcdMethod } from '../../etcd-methods.ts';
import { StoreError } from './store-error.ts';

const PROTO = fileURLToPath(new URL('./etcd.proto', import.meta.url));

/** Which etcd. Usually only the member beside the API server, as kubeadm sets it up. */
export interface EtcdTarget {
  /**
   * `https://127.0.0.1:2379`; with several, the first that answers is used until its connection breaks. A function is asked before each
   * call, so that members may come and go: calls that are open stay where they are.
   */
  readonly endpoints: readonly string[] | (() => readonly string[]);
  readonly tls: TlsFiles;
}

/** An open stream of a watch. */
export interface WatchStream {
  close(): void;
}

/** Calls of etcd as they are on the wire. Every failure is a {@link StoreError}. */
export interface EtcdRpc {
  unary<T>(method: 'KV/Range' | 'KV/Txn', request: object, answer: z.ZodType<T>, deadlineMs: number): Promise<T>;
  /** Opens a watch; `onEnd` comes once, when the stream is over for whatever reason. */
  watch(request: object, onMessage: (message: unknown) => void, onEnd: (error: StoreError) => void): WatchStream;
  close(): void;
}

/** Opens a channel. Calls wait for a connection until their deadline, as the client of a real API server does. */
export function openEtcdRpc(target: EtcdTarget): EtcdRpc {
  const connection = followEndpoints(target);
  let closed = false;
  function checkOpen(): void {
    if (closed) throw new StoreError('closed', 'the connection to etcd is closed');
  }
  return {
    async unary(name, request, answer, deadlineMs) {
      checkOpen();
      const { path, requestSerialize, responseDeserialize } = etcdMethod(PROTO, name);
      const options = { deadline: Date.now() + deadlineMs };
      const { client, release } = connection.take();
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          waiting(),
          options,
          (error, value) => {
            release();
            if (error === null) resolve(answer.parse(value));
            else reject(translated(error));
          },
        );
      });
    },
    watch(request, onMessage, onEnd) {
      checkOpen();
      const { path, requestSerialize, responseDeserialize } = etcdMethod(PROTO, 'Watch/Watch');
      const { client, release } = connection.take();
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, waiting());
      stream.once('status', release);
      return opened(stream, request, onMessage, onEnd);
    },
    close() {
      closed = true;
      connection.close();
    },
  };
}

/** A connection to the endpoints of the moment. */
interface Connection {
  /** For one call, which releases it at its end. */
  take(): { readonly client: Client; readonly release: () => void };
  close(): void;
}

interface Opened {
  readonly client: Client;
  readonly address: string;
  calls: number;
}

/** Other endpoints lead to a new client; the old one is closed with its last call. */
function followEndpoints({ endpoints, tls }: EtcdTarget): Connection {
  const all = new Set<Opened>();
  let current: Opened | undefined;
  function close(one: Opened): void {
    all.delete(one);
    one.client.close();
  }
  function now(): Opened {
    const address = addressOf(typeof endpoints === 'function' ? endpoints() : endpoints);
    if (current?.address === address) return current;
    const old = current;
    current = { client: openClient(address, tls), address, calls: 0 };
    all.add(current);
    if (old?.calls === 0) close(old);
    return current;
  }
  return {
    take() {
      const one = now();
      one.calls += 1;
      let held = true;
      return {
        client: one.client,
        release() {
          if (held) one.calls -= 1;
          held = false;
          if (one.calls === 0 && one !== current && all.has(one)) close(one);
        },
      };
    },
    close() {
      for (const one of all) close(one);
    },
  };
}

function opened(
  stream: ClientDuplexStream<object, unknown>,
  request: object,
  onMessage: (message: unknown) => void,
  onEnd: (error: StoreError) => void,
): WatchStream {
  let ended = false;
  function end(error: StoreError): void {
    if (ended) return;
    ended = true;
    stream.cancel();
    onEnd(error);
  }
  stream.on('data', (message: unknown) => {
    if (!ended) onMessage(message);
  });
  stream.on('error', (error: ServiceError) => end(translated(error)));
  stream.on('end', () => end(new StoreError('unavailable', 'the watch ended')));
  stream.write({ create_request: request });
  return {
    close() {
      ended = true;
      stream.cancel();
    },
  };
}

function openClient(address: string, tls: TlsFiles): Client {
  const { ca, cert, key } = tls;
  return new Client(address, credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert)), {
    'grpc.enable_retries': 0,
    // A name, because TLS knows no addresses as server names.
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Each server its own connection, so that closing one does not touch another.
    'grpc.use_local_subchannel_pool': 1,
  });
}

function waiting(): Metadata {
  return new Metadata({ waitForReady: true });
}

function addressOf(endpoints: readonly string[]): string {
  const hosts = endpoints.map((endpoint) => new URL(endpoint).host);
  return hosts.every((host) => /^[\d.]+:\d+$/.test(host)) ? `ipv4:${hosts.join(',')}` : hosts.join(',');
}

function translated(error: ServiceError): StoreError {
  const { code, details } = error;
  if (details.includes('required revision has been compacted')) return new StoreError('compacted', details);
  if (details.includes('required revision is a future revision')) return new StoreError('future', details);
  if (code === grpcStatus.DEADLINE_EXCEEDED) return new StoreError('deadline', 'context deadline exceeded');
  if (details.startsWith('etcdserver:')) return new StoreError('etcd', details);
  return new StoreError('unavailable', `rpc error: code = ${grpcStatus[code]} desc = ${details}`);
}
