import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../../waiting.ts';
import type { ApiServer } from '../api/server.ts';
import type { ClusterNode } from './nodes.ts';
import type { Relay } from './relay.ts';

/** The API server as the cluster runs it: there while a kube-apiserver pod runs, unless it is held down. */
export interface Front {
  /** Waits until it answers from etcd. @throws Error when it does not within the time. */
  waitReady(timeoutMs: number): Promise<void>;
  /** Stops it, and keeps it down until {@link up}. */
  down(): Promise<void>;
  up(): Promise<void>;
  running(): boolean;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 200;

/** Keeps the server in step with the kube-apiserver pods of the nodes. */
export function keepFront(nodes: () => readonly ClusterNode[], relay: Relay, start: () => Promise<ApiServer>): Front {
  const ending = new AbortController();
  let server: ApiServer | undefined;
  let held = false;
  let turn: Promise<void> = Promise.resolve();
  let problem: unknown;

  async function step(): Promise<void> {
    const wanted = !held && !ending.signal.aborted && nodes().some((node) => node.runs('kube-apiserver'));
    if (wanted && server === undefined) {
      server = await start();
      relay.point(server.local);
    } else if (!wanted && server !== undefined) {
      const old = server;
      server = undefined;
      relay.point(undefined);
      await old.stop();
    }
  }
  /** One after the other, whoever asks. */
  function adjust(): Promise<void> {
    const mine = turn.then(step);
    turn = mine.catch(() => undefined);
    return mine;
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
      const started = await waitFor('the API server to start', () => server, { timeoutMs }).catch((error: unknown) => {
        throw new Error('the API server did not start', { cause: problem ?? error });
      });
      if (!(await started.ready(timeoutMs))) throw new Error('the API server does not answer from etcd');
    },
    async down() {
      held = true;
      await adjust();
    },
    async up() {
      held = false;
      await adjust();
    },
    running: () => server !== undefined,
    async stop() {
      ending.abort();
      await watching;
      await adjust();
    },
  };
}
