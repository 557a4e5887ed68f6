import { Client, status as Code, connectivityState, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { EtcdError, EtcdErrorCode, EtcdResult } from '../../core/ports/etcd.ts';
import type { KubernetesError } from '../../core/ports/kubernetes.ts';
import { formatSpan } from '../../core/time.ts';
import type { EtcdAddress } from './address.ts';
import { type AnswerHeader, headerOf } from './answers.ts';
import type { Budget } from './budget.ts';
import { channelSecurity } from './channel-security.ts';
import { createDial } from './dial.ts';
import { classifyRpcFailure, type RpcAsked } from './errors.ts';
import { isRefusal, kubernetesFailure, portRefused } from './kubernetes-failure.ts';
import type { RpcMethod } from './rpc.ts';
import { type EtcdStream, openStream } from './stream.ts';
import type { EtcdTls } from './tls.ts';

interface Failure {
  readonly ok: false;
  readonly error: EtcdError;
}

/** One request over one channel. */
export interface ChannelRequest {
  readonly method: RpcMethod;
  readonly body: object;
  /** Completes error texts, for instance `Status of member m-1 (8e9e05c52164694d)`. */
  readonly what: string;
  readonly readOnly: boolean;
}

/** The gRPC connection to one address. Nothing is ever sent twice over it. */
export interface EtcdChannel {
  readonly address: EtcdAddress;
  /** Who answers here, known for as long as the present connection lasts. */
  identity(): AnswerHeader | null;
  /** Waits for the connection. A failure is `unreachable`, `access-refused`, `access-unusable` or `cancelled`: nothing was sent. */
  connect(budget: Budget, what: string): Promise<EtcdResult<null>>;
  /** Sends one request, once, and remembers who answered. */
  send(request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>>;
  /** Sends one request, once, whose answers come one after the other; see `openStream`. */
  stream(request: ChannelRequest, budget: Budget): EtcdStream;
  /** Ends the connection; requests on their way end as an unknown outcome. */
  close(): void;
}

/** What a channel is made of. */
export interface ChannelOptions {
  readonly address: EtcdAddress;
  readonly tls: EtcdTls | undefined;
  readonly statusMethod: RpcMethod;
  /** Told each time a new connection has shown who answers. */
  readonly onIdentity: (header: AnswerHeader) => void;
  /**
   * For a way that begins on this machine: why it last failed, another object each time; `null`: it did not yet. Who connects to its
   * beginning sees only a reset, whatever happened at its end.
   */
  readonly localProblem?: () => KubernetesError | null;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** What a server may send ahead of what was read. With the 64 KiB of HTTP/2, a snapshot over a long way mostly waits. */
const WINDOW_BYTES = 1024 * 1024;

/** Opens a channel; it connects with its first use. */
export function openChannel(options: ChannelOptions): EtcdChannel {
  const { address, statusMethod } = options;
  const dial = createDial(() => createClient(address, options.tls));
  let identity: AnswerHeader | null = null;
  // A failure of the way that was there when a connection last came about is over.
  let over: KubernetesError | null = null;

  function remember(answer: object): void {
    const header = headerOf(answer);
    const channel = dial.client().getChannel();
    if (header === null || header.memberId === '0' || identity !== null) return;
    if (channel.getConnectivityState(false) !== connectivityState.READY) return;
    identity = header;
    options.onIdentity(header);
    channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      identity = null;
    });
  }
  async function send(request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>> {
    const result = await sendOnce(dial.client(), { ...request, what: `${request.what} at ${address.url}` }, budget);
    if (result.ok) remember(result.value);
    if (result.ok) over = options.localProblem?.() ?? null;
    return result;
  }
  /** A failed connection. Of a way that begins on this machine, what happened at its end counts. */
  function noConnection(error: EtcdError, where: string): Failure {
    if (error.code !== 'unreachable' && error.code !== 'unknown-outcome') return { ok: false, error };
    if (options.localProblem === undefined)
      return {
        ok: false,
        error: error.code === 'unreachable' ? error : { code: 'unreachable', message: error.message },
      };
    const problem = options.localProblem();
    if (problem === null || problem === over) return failed('unreachable', `${where}: the way to the pod broke off`);
    if (isRefusal(problem)) return { ok: false, error: kubernetesFailure(problem, `${where}: no connection`, true) };
    if (!portRefused(problem)) return failed('unreachable', `${where}: no connection: ${problem.message}`);
    const message = `${where}: no connection: it refuses connections; etcd is not running there`;
    return { ok: false, error: { code: 'unreachable', message, refusesConnections: true } };
  }
  async function connect(budget: Budget, what: string): Promise<EtcdResult<null>> {
    const where = `${what} at ${address.url}`;
    const withinMs = Math.round(budget.remainingMs());
    const end = await dial.connect(budget);
    if (end === 'ready') return { ok: true, value: null };
    if (end === 'cancelled') return cancelled(where);
    if (end === 'timeout')
      return failed(
        'unreachable',
        `${where}: no connection within ${formatSpan(withinMs)}; it is down, cut off or frozen`,
      );
    // Only a request tells why the connection failed; without a connection it fails at once and is not sent.
    const probe = await send({ method: statusMethod, body: {}, what, readOnly: true }, budget);
    if (probe.ok) return { ok: true, value: null };
    return noConnection(probe.error, where);
  }
  function stream(request: ChannelRequest, budget: Budget): EtcdStream {
    return openStream(dial.client(), { ...request, what: `${request.what} at ${address.url}` }, budget);
  }
  return { address, identity: () => identity, connect, send, stream, close: () => dial.client().close() };
}

function createClient(address: EtcdAddress, tls: EtcdTls | undefined): Client {
  const security = channelSecurity(address, tls);
  return new Client(address.target, security.credentials, {
    ...security.options,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc-node.flow_control_window': WINDOW_BYTES,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Short, because callers poll a member until it is back.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  });
}

function sendOnce(client: Client, request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>> {
  const { promise, resolve } = Promise.withResolvers<EtcdResult<object>>();
  if (budget.signal.aborted) return Promise.resolve(cancelled(request.what));
  const withinMs = Math.round(budget.remainingMs());
  const call = client.makeUnaryRequest(
    request.method.path,
    request.method.serialize,
    request.method.deserialize,
    request.body,
    new Metadata(),
    { deadline: Date.now() + withinMs },
    (error: ServiceError | null, answer?: object) => {
      budget.signal.removeEventListener('abort', abort);
      if (error === null && answer !== undefined) resolve({ ok: true, value: answer });
      else resolve({ ok: false, error: failureOf(error, { ...request, withinMs }, budget) });
    },
  );
  function abort(): void {
    call.cancel();
  }
  budget.signal.addEventListener('abort', abort, { once: true });
  return promise;
}

function failureOf(error: ServiceError | null, request: RpcAsked, budget: Budget): EtcdError {
  if (budget.signal.aborted && (error === null || error.code === Code.CANCELLED)) return cancelled(request.what).error;
  return classifyRpcFailure({ code: error?.code ?? Code.UNKNOWN, details: error?.details ?? '' }, request);
}

function failed(code: EtcdErrorCode, message: string): Failure {
  return { ok: false, error: { code, message } };
}

function cancelled(what: string): Failure {
  return failed('cancelled', `${what}: cancelled`);
}
