import { createServer, type Server, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type {
  Forward,
  KubernetesCall,
  KubernetesError,
  KubernetesResult,
  PodRef,
} from '../../core/ports/kubernetes.ts';
import type { Session } from './address.ts';
import type { Deadline } from './deadline.ts';
import { framesOf, sendFrame } from './frames.ts';
import { within } from './link.ts';
import { answered, failed, textOf } from './outcome.ts';
import { podAddress, samePod } from './pods.ts';
import { upgrade } from './upgrade.ts';

/** Channels of a WebSocket to `portforward` with one port. Each begins with the port's number, two bytes. */
const DATA = 0;
const ERROR = 1;

/** Most time to open one connection to the pod, ms. */
const OPEN_MS = 15_000;
/** How long the first connection, opened to see whether it works, is kept for its user, ms. */
const SPARE_MS = 5000;
/**
 * After our side said its last word the pod may still answer. Its protocol cannot say "last word", so a pod that stays silent for this
 * long, ms, is taken to have nothing more to say.
 */
const LINGER_MS = 10_000;
/** Who connected here gets this long, ms, to read the rest and close. */
const CLOSING_MS = 1000;
/** Code of a WebSocket that ended without a word. */
const ABNORMAL = 1006;

interface Tunnel {
  readonly session: Session;
  readonly pod: PodRef;
  readonly port: number;
  readonly sockets: Set<Socket>;
  readonly tunnels: Set<WebSocket>;
  problem: KubernetesError | null;
}

/** Listens on 127.0.0.1; every connection there becomes one to the pod's port. */
export async function forward(
  session: Session,
  pod: PodRef,
  port: number,
  call: KubernetesCall,
): Promise<KubernetesResult<Forward>> {
  const tunnel: Tunnel = { session, pod, port, sockets: new Set(), tunnels: new Set(), problem: null };
  const first = await within(session.link, call, (deadline) => openFresh(tunnel, deadline));
  if (!first.ok) return first;
  let spare: WebSocket | null = first.value;
  const timer = setTimeout(() => {
    spare?.terminate();
    spare = null;
  }, SPARE_MS);
  timer.unref();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    const ready = spare;
    spare = null;
    void carry(tunnel, socket, ready !== null && ready.readyState === ready.OPEN ? ready : null);
  });
  const { closed } = session.link;
  async function close(): Promise<void> {
    closed.removeEventListener('abort', onClosed);
    clearTimeout(timer);
    await closeAll(server, tunnel);
  }
  function onClosed(): void {
    void close();
  }
  const localPort = await listen(server);
  if (!localPort.ok) {
    await close();
    return localPort;
  }
  closed.addEventListener('abort', onClosed, { once: true });
  if (closed.aborted) await close();
  return answered({ localPort: localPort.value, close, lastProblem: () => tunnel.problem });
}

async function openTunnel(tunnel: Tunnel, deadline: Deadline): Promise<KubernetesResult<WebSocket>> {
  const { session, pod, port, tunnels } = tunnel;
  const opened = await upgrade(
    session.link,
    { address: podAddress(pod, 'portforward'), query: () => ({ ports: port }), protocols: ['v4.channel.k8s.io'] },
    deadline,
  );
  if (!opened.ok) return opened;
  const socket = opened.value;
  tunnels.add(socket);
  socket.once('close', () => tunnels.delete(socket));
  return opened;
}

async function carry(tunnel: Tunnel, socket: Socket, ready: WebSocket | null): Promise<void> {
  tunnel.sockets.add(socket);
  socket.once('close', () => tunnel.sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  try {
    const way = ready ?? (await openLater(tunnel));
    if (way === null) {
      socket.resetAndDestroy();
      return;
    }
    socket.once('close', () => way.terminate());
    if (socket.destroyed) way.terminate();
    const up = sendUp(socket, way);
    await sendDown(tunnel, socket, way);
    await up;
  } catch (error) {
    tunnel.problem = failed('unknown-outcome', textOf(error)).error;
    socket.resetAndDestroy();
  }
}

async function openLater(tunnel: Tunnel): Promise<WebSocket | null> {
  const { link } = tunnel.session;
  const opened = await within(link, { timeoutMs: OPEN_MS }, (deadline) => openFresh(tunnel, deadline));
  return opened.ok ? opened.value : null;
}

/** A pod that was replaced under the same name is no longer the one that was meant. */
async function openFresh(tunnel: Tunnel, deadline: Deadline): Promise<KubernetesResult<WebSocket>> {
  const same = await samePod(tunnel.session, tunnel.pod, deadline);
  const opened = same.ok ? await openTunnel(tunnel, deadline) : same;
  if (!opened.ok) tunnel.problem = opened.error;
  return opened;
}

/** What comes from here goes to the pod. A pod that reads slowly holds us up. */
async function sendUp(socket: Socket, way: WebSocket): Promise<void> {
  try {
    for await (const chunk of chunksOf(socket)) await sendFrame(way, DATA, chunk);
  } catch {
    way.terminate();
    return;
  }
  const linger = setTimeout(() => way.terminate(), LINGER_MS);
  way.on('message', () => linger.refresh());
  way.once('close', () => clearTimeout(linger));
  if (way.readyState === way.CLOSED) clearTimeout(linger);
}

/** Reading with `for await` on the socket itself would close it for writing at its end. */
async function* chunksOf(socket: Socket): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<Uint8Array> = socket.iterator({ destroyOnReturn: false });
  yield* chunks;
}

/** What comes from the pod goes here. Who reads slowly here holds up the pod. */
async function sendDown(tunnel: Tunnel, socket: Socket, way: WebSocket): Promise<void> {
  const begun = new Set<number>();
  let broken = false;
  way.once('close', (code) => {
    broken = code === ABNORMAL;
  });
  for await (const frame of framesOf(way)) {
    const channel = frame[0] ?? DATA;
    const data = frame.subarray(begun.has(channel) ? 1 : 3);
    begun.add(channel);
    if (data.length === 0) continue;
    if (channel === ERROR) {
      const text = tunnel.session.link.redact(data.toString('utf8').trim());
      tunnel.problem = failed('server-error', `port ${tunnel.port} of pod ${tunnel.pod.name}: ${text}`).error;
      broken = true;
      break;
    }
    if (channel === DATA && !(await written(socket, data))) break;
  }
  if (broken) socket.resetAndDestroy();
  else finish(socket);
  way.terminate();
}

/** The pod closed: the rest is delivered, then this side is closed too. What still comes in has no reader. */
function finish(socket: Socket): void {
  socket.resume();
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), CLOSING_MS);
    socket.once('close', () => clearTimeout(timer));
  });
}

async function written(socket: Socket, data: Uint8Array): Promise<boolean> {
  if (socket.destroyed) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.write(data, (error) => resolve(!error));
  return promise;
}

function listen(server: Server): Promise<KubernetesResult<number>> {
  const { promise, resolve } = Promise.withResolvers<KubernetesResult<number>>();
  server.once('error', (error) => resolve(failed('not-configured', `cannot listen on 127.0.0.1: ${textOf(error)}`)));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(
      address !== null && typeof address === 'object' ? answered(address.port) : failed('not-configured', 'no port'),
    );
  });
  return promise;
}

async function closeAll(server: Server, tunnel: Tunnel): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  for (const way of tunnel.tunnels) way.terminate();
  // An orderly end would look like the whole answer.
  for (const socket of tunnel.sockets) socket.resetAndDestroy();
  await promise;
}
