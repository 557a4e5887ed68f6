import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { NodePlace } from './place.ts';
import type { PodWorker } from './pod-worker.ts';

/** A container as the node's runtime knows it. */
export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: 'CONTAINER_RUNNING' | 'CONTAINER_EXITED';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly image: string;
  readonly exitCode: number | null;
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string };
}

/** Where `crictl` of a node asks. */
export function runtimeSocketOf(place: Pick<NodePlace, 'directory'>): string {
  return join(place.directory, 'cri.sock');
}

/** What tells the containers of a node to whoever connects, while the machine is on. */
export interface RuntimeSocket {
  open(): void;
  close(): void;
}

/** Makes it; it is closed at first. It keeps nobody alive. */
export function createRuntimeSocket(place: NodePlace, workers: () => readonly PodWorker[]): RuntimeSocket {
  let server: Server | undefined;
  return {
    open() {
      if (server !== undefined) return;
      const path = runtimeSocketOf(place);
      rmSync(path, { force: true });
      server = createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.end(JSON.stringify(workers().flatMap(containersOf)));
      });
      // Without it crictl says that nobody answers; all else goes on.
      server.on('error', () => undefined);
      server.listen(path);
      server.unref();
    },
    close() {
      server?.close();
      server = undefined;
      rmSync(runtimeSocketOf(place), { force: true });
    },
  };
}

function containersOf(worker: PodWorker): readonly RuntimeContainer[] {
  const { name, namespace, uid } = worker.pod.metadata;
  return worker.containers().flatMap(({ spec, run, restarts }) => {
    if (run === undefined) return [];
    const { end } = run;
    return [
      {
        id: run.id.replace('containerd://', ''),
        name: spec.name,
        attempt: restarts,
        state: end === undefined ? 'CONTAINER_RUNNING' : 'CONTAINER_EXITED',
        startedAt: run.startedAt.toISOString(),
        image: spec.image,
        exitCode: end?.exitCode ?? null,
        pod: { name, namespace, uid },
      },
    ];
  });
}
