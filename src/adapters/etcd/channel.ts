import { Client, connectivityState, Metadata, type ServiceError, status as Code } from '@grpc/grpc-js';
import type { EtcdError, EtcdResult } from '../../core/ports/etcd.ts';
import type { EtcdAddress } from './address.ts';
import { type AnswerHeader, headerOf } from './answers.ts';
import type { Budget } from './budget.ts';
import { type ChannelSecurity, channelSecurity } from './channel-security.ts';
import { classifyRpcFailure } from './errors.ts';
import type { RpcMethod } from './rpc.ts';
import type { EtcdTls } from './tls.ts';

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
  /**
   * Waits until the connection stands or has definitely failed. `unreachable` when neither happens in time; the reason of
   * a definite failure comes from the next {@link send}, which then fails at once without sending.
   */
  connect(budget: Budget, what: string): Promise<EtcdResult<null>>;
  /** Sends one request, once. Remembers who answered. */
  send(request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>>;
  close(): void;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Opens a channel; it connects with its first use. */
export function openChannel(address: EtcdAddress, tls: EtcdTls | undefined): EtcdChannel {
  const security: ChannelSecurity = channelSecurity(address, tls);
  const client = new Client(address.target, security.credentials, {
    ...security.options,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Short, because callers poll a member until it is back.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  });
  let identity: AnswerHeader | null = null;

  function remember(answer: object): void {
    const header = headerOf(answer);
    const channel = client.getChannel();
    if (header === null || header.memberId === '0' || identity !== null) return;
    if (channel.getConnectivityState(false) !== connectivityState.READY) return;
    identity = header;
    channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      identity = null;
    });
  }
  async function send(request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>> {
    const result = await sendOnce(client, request, budget);
    if (result.ok) remember(result.value);
    return result;
  }
  async function connect(budget: Budget, what: string): Promise<EtcdResult<null>> {
    return await connectClient(client, budget, `${what} at ${address.url}`);
  }
  return {
    address,
    identity: () => identity,
    connect,
    send: (request, budget) => send({ ...request, what: `${request.what} at ${address.url}` }, budget),
    close: () => client.close(),
  };
}

function sendOnce(client: Client, request: ChannelRequest, budget: Budget): Promise<EtcdResult<object>> {
  const { promise, resolve } = Promise.withResolvers<EtcdResult<object>>();
  if (budget.signal.aborted) return Promise.resolve(cancelled(request.what));
  const call = client.makeUnaryRequest(
    request.method.path,
    request.method.serialize,
    request.method.deserialize,
    request.body,
    new Metadata(),
    { deadline: Date.now() + budget.remainingMs() },
    (error: ServiceError | null, answer?: object) => {
      budget.signal.removeEventListener('abort', abort);
      if (error === null && answer !== undefined) resolve({ ok: true, value: answer });
      else resolve({ ok: false, error: failureOf(error, request, budget) });
    },
  );
  function abort(): void {
    call.cancel();
  }
  budget.signal.addEventListener('abort', abort, { once: true });
  return promise;
}

function failureOf(error: ServiceError | null, request: ChannelRequest, budget: Budget): EtcdError {
  if (budget.signal.aborted && (error === null || error.code === Code.CANCELLED)) return cancelled(request.what).error;
  return classifyRpcFailure({ code: error?.code ?? Code.UNKNOWN, details: error?.details ?? '' }, request);
}

function cancelled(what: string): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error: { code: 'cancelled', message: `${what}: cancelled` } };
}

async function connectClient(client: Client, budget: Budget, what: string): Promise<EtcdResult<null>> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (budget.signal.aborted || state === connectivityState.SHUTDOWN) return cancelled(what);
    if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return { ok: true, value: null };
    if (budget.remainingMs() === 0) return notConnected(what);
    await stateChange(client, state, budget);
  }
}

function notConnected(what: string): EtcdResult<null> {
  const message = `${what}: no connection in time; the machine is down, cut off or frozen. Nothing was sent`;
  return { ok: false, error: { code: 'unreachable', message } };
}

/** Settles when the state is another one, the time is over or the signal came; the caller looks which. */
function stateChange(client: Client, from: connectivityState, budget: Budget): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  budget.signal.addEventListener('abort', () => resolve(), { once: true });
  client.getChannel().watchConnectivityState(from, Date.now() + budget.remainingMs(), () => resolve());
  return promise;
}
