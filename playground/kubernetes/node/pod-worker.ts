import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fields } from '../contracts.ts';
import { type ContainerScene, type ContainerSlot, createContainerSlot } from './container-slot.ts';
import type { ContainerRun } from './containers.ts';
import { removeLogs } from './log-files.ts';
import type { Pod } from './pod-spec.ts';
import { type Condition, type ContainerFacts, podStatus } from './pod-status.ts';

/** What every pod of a node shares. */
export interface WorkerScene extends ContainerScene {
  readonly onChange: (worker: PodWorker) => void;
}

/** Runs the containers of one pod and knows its status. */
export interface PodWorker {
  readonly pod: Pod;
  readonly podIP: string;
  /** The pod as the API server has it now: labels, annotations, deletion. */
  update(pod: Pod): void;
  /** Starts what should run and does not. */
  sync(): void;
  /** Stops all containers; resolves when they have ended. */
  terminate(graceMs: number): Promise<void>;
  terminating(): boolean;
  /** Stopped by {@link terminate} or {@link kill}, completely. */
  over(): boolean;
  /** Settles when it is over. */
  readonly ended: Promise<void>;
  status(): Fields;
  containers(): readonly ContainerFacts[];
  /** The present run of a container, if it runs. */
  running(container: string): ContainerRun | undefined;
  /** SIGKILL for one container, also for one that is just being started; the kubelet starts it anew. */
  killContainer(container: string): Promise<void>;
  /** SIGKILL, at once; nothing is restarted. */
  kill(): Promise<void>;
  /** Removes its files. */
  remove(): Promise<void>;
}

const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const;

/** Makes the worker of a pod; nothing runs before its first `sync`. */
export function createPodWorker(first: Pod, podIP: string, scene: WorkerScene): PodWorker {
  let pod = first;
  let dying: Promise<void> | undefined;
  let dead = false;
  let failure: typeof DEADLINE_EXCEEDED | undefined;
  let conditions: readonly Condition[] = [];
  const ended = Promise.withResolvers<void>();
  const startedAt = new Date();
  const slots = pod.spec.containers.map((spec) =>
    createContainerSlot({ spec, pod: () => pod, scene, changed: () => scene.onChange(worker) }),
  );

  async function finish(stop: (run: ContainerRun) => Promise<unknown>): Promise<void> {
    await Promise.all(slots.map((slot) => slot.end(stop)));
    clearTimeout(deadline);
    dead = true;
    ended.resolve();
    scene.onChange(worker);
  }
  const deadline = afterSeconds(pod.spec.activeDeadlineSeconds, scene.pace, () => {
    failure ??= DEADLINE_EXCEEDED;
    void worker.terminate(pod.spec.terminationGracePeriodSeconds * 1_000);
  });
  const worker: PodWorker = {
    get pod() {
      return pod;
    },
    podIP,
    update(next) {
      pod = next;
    },
    sync() {
      if (dying === undefined) for (const slot of slots) slot.sync();
    },
    terminate(graceMs) {
      dying ??= finish((run) => run.stop(graceMs));
      return dying;
    },
    terminating: () => dying !== undefined,
    over: () => dead,
    ended: ended.promise,
    status() {
      const containers = slots.map((slot) => slot.facts());
      const facts = { pod, containers, hostIP: scene.place.address, podIP, startedAt, terminating: dead, failure };
      const made = podStatus(facts, conditions, new Date());
      ({ conditions } = made);
      return made.status;
    },
    containers: () => slots.map((slot) => slot.facts()),
    running: (name) => slotOf(slots, name)?.running(),
    killContainer: async (name) => await slotOf(slots, name)?.kill(),
    async kill() {
      const all = finish((run) => run.kill());
      dying ??= all;
      await all;
    },
    remove: () => removeFiles(scene, pod),
  };
  return worker;
}

function slotOf(slots: readonly ContainerSlot[], container: string): ContainerSlot | undefined {
  return slots.find((slot) => slot.facts().spec.name === container);
}

function afterSeconds(seconds: number | undefined, pace: number, act: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(act, seconds * 1_000 * pace).unref();
}

async function removeFiles({ place }: WorkerScene, pod: Pod): Promise<void> {
  removeLogs(place, pod);
  await rm(join(place.directory, 'containers', pod.metadata.uid), { recursive: true, force: true });
}
