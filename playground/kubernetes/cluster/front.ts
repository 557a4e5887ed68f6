import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../../waiting.ts';
import type { ApiServer } from '../api/server.ts';
import { byVersion } from '../versions.ts';
import type { ClusterNode } from './nodes.ts';
import type { Relay } from './relay.ts';

/** The API server as the cluster runs it: there while a kube-apiserver pod runs, unless it is held down. */
export interface Front {
  /** Waits until it answers from etcd. @throws Error when it does not within the time. */
  waitReady(timeoutMs: number): Promise<void>;
  /** Stops it, and keeps it down until {@link up}. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Stops it for so many ms, as when the instance that answered has gone and another one takes over. */
  blink(ms: number): Promise<void>;
  running(): boolean;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 200;

/**
 * Keeps the server in step with the kube-apiserver pods of the nodes. It is of the oldest version that runs, and starts anew when that one
 * is no more.
 */
export function keepFront(
  nodes: () => readonly ClusterNode[],
  relay: Relay,
  start: (version: string) => Promise<ApiServer>,
): Front {
  const ending = new AbortController();
  const seat = createSeat(relay, start);
  let held = false;
  let blinking = 0;
  let turn: Promise<void> = Promise.resolve();
  let problem: unknown;

  async function step(): Promise<void> {
    const oldest = oldestOf(nodes().filter((node) => node.runs('kube-apiserver')));
    await seat.become(held || blinking > 0 || ending.signal.aborted ? undefined : oldest);
  }
  /** One after the other, whoever asks. */
  function adjust(): Promise<void> {
    const mine = turn.then(step);
    turn = mine.catch(() => undefined);
    return mine;
  }
  function hold(is: boolean): Promise<void> {
    held = is;
    return adjust();
  }
  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      // Its address may be taken for a moment.
      await adjust().catch((error: unknown) => {
        problem = error;
      });
      await delay(LOOK_EVERY_MS, undefined, { ref: false });
    }
  }
  const watching = watch();
  return {
    async waitReady(timeoutMs) {
      const started = await waitFor('the API server to start', seat.server, { timeoutMs }).catch((error: unknown) => {
        throw new Error('the API server did not start', { cause: problem ?? error });
      });
      if (!(await started.ready(timeoutMs))) throw new Error('the API server does not answer from etcd');
    },
    down: () => hold(true),
    up: () => hold(false),
    async blink(ms) {
      blinking += 1;
      await adjust();
      await delay(ms, undefined, { ref: false });
      blinking -= 1;
      await adjust();
    },
    running: () => seat.server() !== undefined,
    async stop() {
      ending.abort();
      await watching;
      await adjust();
    },
  };
}

/** The server of the moment; calls must not overlap. */
function createSeat(relay: Relay, start: (version: string) => Promise<ApiServer>) {
  let server: ApiServer | undefined;
  let version = '';
  return {
    server: () => server,
    /** Undefined: none is to be there. */
    async become(wanted: string | undefined): Promise<void> {
      if (server !== undefined && wanted !== version) {
        const old = server;
        server = undefined;
        relay.point(undefined);
        await old.stop();
      }
      if (server !== undefined || wanted === undefined) return;
      server = await start(wanted);
      version = wanted;
      relay.point(server.local);
    },
  };
}

function oldestOf(nodes: readonly Pick<ClusterNode, 'version'>[]): string | undefined {
  return nodes.map(({ version }) => version).toSorted(byVersion)[0];
}
