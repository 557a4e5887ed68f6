import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { connect } from 'node:net';
import type { NodePlace } from './place.ts';
import type { ContainerSpec, ProbeSpec } from './pod-spec.ts';

/** What the probes of one run of a container found so far. */
export interface ProbeState {
  /** Its startup probe succeeded, or it has none. */
  started(): boolean;
  ready(): boolean;
  stop(): void;
}

/** What probing needs. */
export interface ProbeScene {
  readonly container: ContainerSpec;
  readonly place: Pick<NodePlace, 'address' | 'port'>;
  /** Scales all waits; 1: as written in the manifest. */
  readonly pace: number;
  /** Whether the agent runs now; while it does not, nobody probes. */
  readonly active: () => boolean;
  readonly onChange: () => void;
  /** The liveness or startup probe gave up: the container must be restarted. */
  readonly onUnhealthy: (message: string) => void;
}

/** Probes a container until stopped: first its startup probe, then liveness and readiness side by side. */
export function startProbes(scene: ProbeScene): ProbeState {
  const { startupProbe, livenessProbe, readinessProbe } = scene.container;
  const stops: (() => void)[] = [];
  let started = startupProbe === undefined;
  let ready = started && readinessProbe === undefined;
  function begin(): void {
    if (livenessProbe !== undefined) {
      stops.push(every(scene, livenessProbe, (ok, failures) => unhealthy('Liveness', livenessProbe, ok, failures)));
    }
    if (readinessProbe !== undefined) {
      stops.push(
        every(scene, readinessProbe, (ok, failures) => {
          const next = ok || (ready && failures < readinessProbe.failureThreshold);
          if (next !== ready) {
            ready = next;
            scene.onChange();
          }
        }),
      );
    }
  }
  function unhealthy(name: string, probe: ProbeSpec, ok: boolean, failures: number): void {
    if (ok || failures < probe.failureThreshold) return;
    stop();
    scene.onUnhealthy(`Container ${scene.container.name} failed ${name.toLowerCase()} probe, will be restarted`);
  }
  function stop(): void {
    for (const each of stops) each();
  }
  if (startupProbe === undefined) begin();
  else {
    const stopStartup = every(scene, startupProbe, (ok, failures) => {
      if (!ok) return unhealthy('Startup', startupProbe, ok, failures);
      stopStartup();
      started = true;
      ready = readinessProbe === undefined;
      begin();
      scene.onChange();
    });
    stops.push(stopStartup);
  }
  return { started: () => started, ready: () => ready, stop };
}

/** Asks again and again; tells each answer with the number of failures in a row. */
function every(scene: ProbeScene, probe: ProbeSpec, tell: (ok: boolean, failures: number) => void): () => void {
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout;
  function plan(seconds: number): void {
    timer = setTimeout(() => void turn(), Math.max(seconds * 1_000 * scene.pace, 20));
    timer.unref();
  }
  async function turn(): Promise<void> {
    if (scene.active()) {
      const ok = await succeeds(scene, probe);
      if (stopped) return;
      failures = ok ? 0 : failures + 1;
      tell(ok, failures);
    }
    if (!stopped) plan(probe.periodSeconds);
  }
  plan(probe.initialDelaySeconds);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function succeeds(scene: ProbeScene, probe: ProbeSpec): Promise<boolean> {
  // Shorter waits must not make a busy machine look dead.
  const timeoutMs = Math.max(probe.timeoutSeconds * 1_000 * scene.pace, Math.min(probe.timeoutSeconds, 1) * 1_000);
  const { httpGet, tcpSocket } = probe;
  if (httpGet !== undefined) return answers(scene, httpGet, timeoutMs);
  if (tcpSocket !== undefined) return accepts(scene, tcpSocket.port, timeoutMs);
  return true;
}

function answers(scene: ProbeScene, probe: NonNullable<ProbeSpec['httpGet']>, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: scene.place.address,
      port: portOf(scene, probe.port),
      path: probe.path,
      agent: false as const,
      timeout,
    };
    function read(response: IncomingMessage): void {
      const { statusCode = 0 } = response;
      response.resume();
      resolve(statusCode >= 200 && statusCode < 400);
    }
    const request =
      probe.scheme === 'HTTPS' ? getSecure({ ...options, rejectUnauthorized: false }, read) : getPlain(options, read);
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}

function accepts(scene: ProbeScene, port: number | string, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: scene.place.address, port: portOf(scene, port), timeout });
    function end(ok: boolean): void {
      socket.destroy();
      resolve(ok);
    }
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

function portOf(scene: ProbeScene, port: number | string): number {
  const number =
    typeof port === 'number' ? port : (scene.container.ports.find((each) => each.name === port)?.containerPort ?? 0);
  return scene.place.port(number);
}
