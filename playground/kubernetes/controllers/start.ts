import type { LocalApi } from '../contracts.ts';
import { keepDaemonSets } from './daemon-sets.ts';
import { keepDeployments } from './deployments.ts';
import { collectGarbage } from './garbage.ts';
import { endNamespaces } from './namespaces.ts';
import { watchNodes } from './node-lifecycle.ts';
import { collectPods } from './pod-garbage.ts';
import { keepReplicaSets } from './replica-sets.ts';
import { createScene } from './scene.ts';
import { keepScheduling } from './scheduler.ts';
import { evictByTaints } from './taint-eviction.ts';
import { followWorld } from './world.ts';

/** All optional. */
export interface ControllerOptions {
  /** Scales what the controllers wait for: the grace of a silent kubelet, `tolerationSeconds`, quarantines, 5 s before a namespace is emptied. Default 1. */
  readonly pace?: number;
}

/** Controllers that run. */
export interface Controllers {
  stop(): void;
}

/**
 * Starts the scheduler and the controllers of kube-controller-manager that the playground has. They follow the API server, do nothing
 * while nothing changes, and wait for it while it is away; started again they go on where the objects stand.
 */
export function startControllers(api: LocalApi, options: ControllerOptions = {}): Controllers {
  const ending = new AbortController();
  const scene = createScene(api, ending.signal, options.pace ?? 1);
  const world = followWorld(scene);
  for (const start of [
    keepScheduling,
    keepReplicaSets,
    keepDeployments,
    keepDaemonSets,
    watchNodes,
    evictByTaints,
    collectPods,
  ])
    start(scene);
  for (const start of [collectGarbage, endNamespaces]) start(scene, world);
  return { stop: () => ending.abort() };
}
