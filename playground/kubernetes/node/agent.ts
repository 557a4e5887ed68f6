import { z } from 'zod';
import type { ApiObject, Fields, LocalApi } from '../contracts.ts';
import { createApiSync } from './api-sync.ts';
import { type BackOffRules, KUBELET_BACK_OFF } from './back-off.ts';
import { createBell, type KubeletScene, type KubeletSession, startKubelet } from './kubelet-session.ts';
import { createNodeApi } from './node-api.ts';
import type { NodePlace } from './place.ts';
import { podKey } from './pod-spec.ts';
import type { PodWorker, WorkerScene } from './pod-worker.ts';
import type { Images } from './programs.ts';
import { createRuntimeSocket } from './runtime-socket.ts';
import { writeStandIns } from './stand-ins.ts';
import { createStaticPods } from './static-pods.ts';

/** All but the first three are optional. */
export interface NodeAgentOptions {
  readonly place: NodePlace;
  /** The API server from inside; it may be away. */
  readonly api: LocalApi;
  /** Images that stand for real programs. */
  readonly images: Images;
  /** Default `v1.36.2`. */
  readonly kubeletVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Fields[];
  /** Number of the node, 0 to 255: its pods get 10.244.<index>.n. Default 0. */
  readonly index?: number;
  /** Scales the kubelet's own waits (heartbeats, probes, simulated behaviours); default 1: as the kubelet's. */
  readonly pace?: number;
  /** Default: the kubelet's 10 s to 5 min. */
  readonly backOff?: BackOffRules;
  /** Removed when the playground dies without stopping; default: the node's directory. */
  readonly removeWhenOrphaned?: readonly string[];
}

/** One simulated node: its kubelet, and the containers that outlive it. */
export interface NodeAgent {
  readonly place: NodePlace;
  readonly images: Images;
  readonly removeWhenOrphaned: readonly string[];
  /** Starts the kubelet; containers that still run are taken over. */
  start(): void;
  /** Stops the kubelet only: containers go on, nothing is reported or restarted. */
  stop(): Promise<void>;
  running(): boolean;
  /** Aborted when the kubelet that runs now stops; undefined: none runs. */
  session(): AbortSignal | undefined;
  /** The machine goes off: kubelet and containers end at once. The root directory stays. */
  powerOff(): Promise<void>;
  /** What runs a pod of the API server, also a mirror; undefined: the node does not have it. */
  workerOf(pod: ApiObject): PodWorker | undefined;
  /** A pod's worker by `namespace/name`. */
  worker(key: string): PodWorker | undefined;
  /** From now on these images cannot be pulled: containers that have not run yet wait for them. */
  breakPulls(isBroken: (image: string) => boolean): void;
  /** Manifest files that are no pods. */
  problems(): readonly { readonly file: string; readonly problem: string }[];
}

const Target = z.object({
  metadata: z.object({
    uid: z.string().default(''),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** Makes a node. Nothing runs before {@link NodeAgent.start}. */
export function createNodeAgent(options: NodeAgentOptions): NodeAgent {
  const { place, images } = options;
  let session: KubeletSession | undefined;
  let isBroken: (image: string) => boolean = isNever;
  const kubelet = createScene(options, {
    active: () => session !== undefined,
    canPull: (image) => !isBroken(image),
  });
  const { statics, sync } = kubelet;
  const runtime = createRuntimeSocket(place, all);

  async function stop(): Promise<void> {
    const ending = session;
    session = undefined;
    await ending?.stop();
  }
  function all(): readonly PodWorker[] {
    return [...statics.entries().map((each) => each.worker), ...sync.workers()];
  }
  return {
    place,
    images,
    removeWhenOrphaned: orphans(options),
    start() {
      writeStandIns(place);
      runtime.open();
      session ??= startKubelet(kubelet);
    },
    stop,
    running: () => session !== undefined,
    session: () => session?.signal,
    async powerOff() {
      runtime.close();
      await Promise.all([stop(), ...all().map((worker) => worker.kill())]);
      sync.reset();
    },
    workerOf(pod) {
      const target = Target.parse(pod).metadata;
      const uid = target.annotations['kubernetes.io/config.mirror'] ?? target.uid;
      return all().find((each) => each.pod.metadata.uid === uid);
    },
    worker: (key) => all().find((each) => podKey(each.pod) === key),
    breakPulls(next) {
      isBroken = next;
    },
    problems: () => statics.problems(),
  };
}

function createScene(
  options: NodeAgentOptions,
  { active, canPull }: Pick<WorkerScene, 'active' | 'canPull'>,
): KubeletScene {
  const { place, images } = options;
  const pace = options.pace ?? 1;
  const index = options.index ?? 0;
  const bell = createBell();
  const api = createNodeApi(options.api, place.name);
  let drawn = 0;
  const scene: WorkerScene = {
    place,
    images,
    pace,
    backOff: options.backOff ?? KUBELET_BACK_OFF,
    removeWhenOrphaned: orphans(options),
    active,
    canPull,
    onChange(worker) {
      if (active()) worker.sync();
      sync.touch(worker.pod.metadata.uid);
      bell.ring();
    },
  };
  function drawAddress(): string {
    drawn = (drawn % 253) + 1;
    return `10.244.${index}.${drawn}`;
  }
  const statics = createStaticPods(scene);
  const facts = {
    place,
    kubeletVersion: options.kubeletVersion ?? 'v1.36.2',
    labels: options.labels ?? {},
    taints: options.taints ?? [],
    podRange: `10.244.${index}.0/24`,
  };
  const sync = createApiSync({ api, scene, statics, drawAddress, poke: bell.ring });
  return { api, facts, pace, statics, bell, sync };
}

function isNever(): boolean {
  return false;
}

function orphans(options: NodeAgentOptions): readonly string[] {
  return options.removeWhenOrphaned ?? [options.place.directory];
}
