import { join } from 'node:path';
import { type Manifests, manifestsStamp, readManifests, type StaticPod } from './manifests.ts';
import { rootOf } from './place.ts';
import { podKey } from './pod-spec.ts';
import { createPodWorker, type PodWorker, type WorkerScene } from './pod-worker.ts';

/** One static pod and what runs it. */
export interface StaticEntry {
  readonly found: StaticPod;
  readonly worker: PodWorker;
}

/** The static pods of a node. They need no API server. */
export interface StaticPods {
  /** Compares the manifests with what runs: starts, stops and restarts. True: there are other pods than before. */
  sync(): Promise<boolean>;
  /** Also those that are being stopped. */
  entries(): readonly StaticEntry[];
  /** Manifest files that are no pods. */
  problems(): Manifests['problems'];
}

/** Makes the keeper of `etc/kubernetes/manifests` below the node's root. */
export function createStaticPods(scene: WorkerScene): StaticPods {
  const directory = join(rootOf(scene.place), 'etc/kubernetes/manifests');
  const running = new Map<string, StaticEntry>();
  let wanted: Manifests = { pods: [], problems: [] };
  let stamp: string | undefined;

  async function look(): Promise<void> {
    const next = manifestsStamp(directory);
    if (next === stamp) return;
    wanted = await readManifests(directory, scene.place.name);
    stamp = next;
  }
  function isWanted(entry: StaticEntry): boolean {
    return wanted.pods.some((each) => each.hash === entry.found.hash);
  }
  return {
    async sync() {
      await look();
      let changed = false;
      for (const [key, entry] of running) {
        if (entry.worker.over()) {
          running.delete(key);
          changed = true;
          await entry.worker.remove();
        } else if (!isWanted(entry) && !entry.worker.terminating()) {
          // Its end comes back through onChange.
          void entry.worker.terminate(entry.found.pod.spec.terminationGracePeriodSeconds * 1_000);
        }
      }
      for (const found of wanted.pods) {
        const key = podKey(found.pod);
        // A changed manifest waits for the end of its predecessor.
        if (!running.has(key)) {
          changed = true;
          running.set(key, { found, worker: createPodWorker(found.pod, scene.place.address, scene) });
        }
      }
      for (const { worker } of running.values()) worker.sync();
      return changed;
    },
    entries: () => [...running.values()],
    problems: () => wanted.problems,
  };
}
