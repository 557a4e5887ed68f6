import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { ApiObject, Attempt, NodeGate, Refusal } from '../contracts.ts';
import type { NodeAgent } from './agent.ts';
import { type ExecRequest, type ExecStreams, type ExecTarget, runCommand } from './exec-command.ts';
import { logPath } from './log-files.ts';
import { readLog, readLogOptions } from './log-reading.ts';
import type { PodWorker } from './pod-worker.ts';
import { badRequest, internal, internalError } from './statuses.ts';
import { type ForwardTarget, serveSpdyForward, serveWebSocketForward } from './streams/port-forward.ts';
import { serveSpdyExec } from './streams/spdy-exec.ts';
import { acceptSpdy, acceptWebSocket, refuse, webSocketDuplex } from './streams/upgrades.ts';
import { serveWebSocketExec } from './streams/web-socket-exec.ts';

const Asked = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ nodeName: z.string().default(''), containers: z.array(z.object({ name: z.string() })) }),
});

const SPDY_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

/**
 * The way from the API server to the kubelets, in the words of both.
 *
 * @param agentOf the node's agent; undefined: there is no such node
 */
export function createNodeGate(agentOf: (node: string) => NodeAgent | undefined): NodeGate {
  return {
    async logs(pod, query) {
      const found = find(agentOf, pod, query.get('container'));
      return found.ok ? openLog(found.value, query) : found;
    },
    upgrade(what, pod, request, socket, head) {
      const query = new URL(request.url ?? '/', 'http://gate').searchParams;
      const found = find(agentOf, pod, what === 'portforward' ? null : query.get('container'), what === 'portforward');
      if (!found.ok) refuse(socket, found.refusal);
      else if (what === 'attach') refuse(socket, badRequest('attach is not served by the playground'));
      else if (what === 'exec') upgradeExec(found.value, request, query, socket, head);
      else upgradeForward(found.value, request, query, socket, head);
    },
  };
}

interface Found {
  readonly agent: NodeAgent;
  readonly worker: PodWorker;
  readonly container: string;
}

/** The checks of the API server, then those of the kubelet. */
function find(
  agentOf: (node: string) => NodeAgent | undefined,
  object: ApiObject,
  asked: string | null,
  anyContainer = false,
): Attempt<Found> {
  const pod = Asked.parse(object);
  const { name } = pod.metadata;
  const names = pod.spec.containers.map((each) => each.name);
  const container = asked ?? names[0] ?? '';
  if (!anyContainer && asked === null && names.length > 1) {
    return no(badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`));
  }
  if (!names.includes(container)) return no(badRequest(`container ${container} is not valid for pod ${name}`));
  if (pod.spec.nodeName === '') return no(badRequest(`pod ${name} does not have a host assigned`));
  const agent = agentOf(pod.spec.nodeName);
  if (agent === undefined || !agent.running()) {
    const address = agent === undefined ? pod.spec.nodeName : `${agent.place.address}:${agent.place.port(10_250)}`;
    return no(internal(`error dialing backend: dial tcp ${address}: connect: connection refused`));
  }
  const worker = agent.workerOf(object);
  if (worker === undefined) return no({ status: 404, reason: 'NotFound', message: `pods "${name}" not found` });
  return { ok: true, value: { agent, worker, container } };
}

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

function openLog({ agent, worker, container }: Found, query: URLSearchParams): Attempt<AsyncIterable<Uint8Array>> {
  const { name } = worker.pod.metadata;
  const facts = worker.containers().find((each) => each.spec.name === container);
  const previous = ['true', '1'].includes(query.get('previous') ?? '');
  if (facts?.run === undefined) {
    const reason = facts?.waiting?.reason ?? 'ContainerCreating';
    const why = reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
    return no(badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`));
  }
  // In a crash loop the run that just ended is both the present and the previous one.
  const attempt = previous && facts.waiting === undefined ? facts.restarts - 1 : facts.restarts;
  if (attempt < 0) return no(badRequest(`previous terminated container "${container}" in pod "${name}" not found`));
  const path = logPath(agent.place, worker.pod, container, attempt);
  const run = worker.running(container);
  const session = agent.session();
  try {
    const options = readLogOptions(query, new Date());
    const alive = (): boolean =>
      !previous && run?.end() === undefined && run !== undefined && session?.aborted === false;
    return { ok: true, value: readLog(path, options, alive) };
  } catch (error) {
    return no(badRequest(error instanceof Error ? error.message : String(error)));
  }
}

function upgradeExec(
  found: Found,
  request: IncomingMessage,
  query: URLSearchParams,
  socket: Duplex,
  head: Buffer,
): void {
  const asked = readExec(query);
  if (asked.argv.length === 0)
    return refuse(socket, badRequest('you must specify at least 1 command for the container'));
  const run = found.worker.running(found.container);
  const missing = `container not found ("${found.container}")`;
  leaveWith(found.agent, socket);
  function perform(streams: ExecStreams): ReturnType<typeof runCommand> {
    const target = execTarget(found);
    // The API server has accepted a WebSocket before it asks the kubelet: the refusal comes on the error channel.
    if (target === undefined) return Promise.resolve(internalError(`unable to upgrade connection: ${missing}`));
    return runCommand(target, asked, streams);
  }
  if (isWebSocket(request)) {
    acceptWebSocket(request, socket, head, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], (webSocket) => {
      void serveWebSocketExec(webSocket, asked, perform);
    });
  } else if (run === undefined) refuse(socket, { status: 500, reason: '', message: missing });
  else if (acceptSpdy(request, socket, ['v4.channel.k8s.io'])) void serveSpdyExec(socket, head, asked, perform);
}

function execTarget({ agent, worker, container }: Found): ExecTarget | undefined {
  const run = worker.running(container);
  const spec = worker.pod.spec.containers.find((each) => each.name === container);
  if (run === undefined || spec === undefined) return undefined;
  return { where: agent, pod: worker.pod, container: spec, ended: run.ended };
}

function upgradeForward(
  { agent, worker }: Found,
  request: IncomingMessage,
  query: URLSearchParams,
  socket: Duplex,
  head: Buffer,
): void {
  const { name, namespace, uid } = worker.pod.metadata;
  if (worker.over())
    return refuse(socket, { status: 500, reason: '', message: `pod not found ("${name}_${namespace}")` });
  leaveWith(agent, socket);
  const target: ForwardTarget = {
    host: worker.podIP,
    port: agent.place.port,
    pod: `${name}_${namespace}`,
    uid,
    ended: worker.ended,
  };
  if (!isWebSocket(request)) {
    if (acceptSpdy(request, socket, ['portforward.k8s.io'])) void serveSpdyForward(socket, head, target);
    return;
  }
  const ports = query
    .getAll('ports')
    .flatMap((each) => each.split(','))
    .map(Number);
  acceptWebSocket(
    request,
    socket,
    head,
    [SPDY_TUNNEL, 'v4.channel.k8s.io', 'portforward.k8s.io'],
    (webSocket, protocol) => {
      if (protocol === SPDY_TUNNEL) void serveSpdyForward(webSocketDuplex(webSocket), Buffer.alloc(0), target);
      else if (ports.length > 0) void serveWebSocketForward(webSocket, ports, target);
      else webSocket.close(1002, 'query parameter "ports" is required');
    },
  );
}

/** The kubelet's connections end with it. */
function leaveWith(agent: NodeAgent, socket: Duplex): void {
  agent.session()?.addEventListener('abort', () => socket.destroy(), { once: true });
}

function readExec(query: URLSearchParams): ExecRequest {
  function flag(name: string): boolean {
    return ['true', '1'].includes(query.get(name) ?? '');
  }
  const asked = { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
  return { argv: query.getAll('command'), ...asked };
}

function isWebSocket(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? '').toLowerCase() === 'websocket';
}
