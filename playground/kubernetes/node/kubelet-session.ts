import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiSync } from './api-sync.ts';
import { pause, startHeartbeat } from './heartbeat.ts';
import { isDone, type NodeApi } from './node-api.ts';
import type { NodeFacts } from './node-object.ts';
import type { StaticPods } from './static-pods.ts';

/** One life of a kubelet, from its start to its stop. */
export interface KubeletSession {
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/** What a kubelet works on; it outlives the kubelet. */
export interface KubeletScene {
  readonly api: NodeApi;
  readonly facts: NodeFacts;
  readonly pace: number;
  readonly statics: StaticPods;
  readonly sync: ApiSync;
  readonly bell: Bell;
}

/** Lets one loop sleep until something happened; what happens while it works is not lost. */
export interface Bell {
  readonly ring: () => void;
  readonly next: () => Promise<void>;
}

const LOOK_EVERY_MS = 250;
const LIST_EVERY_MS = 30_000;

const List = z.object({ items: z.array(z.looseObject({ metadata: z.record(z.string(), z.unknown()) })) });

/** Starts the loops of a kubelet. */
export function startKubelet(scene: KubeletScene): KubeletSession {
  const { api, facts, pace, sync } = scene;
  const stop = new AbortController();
  const { signal } = stop;
  sync.forget();
  const heart = startHeartbeat(api, facts, pace, signal, scene.bell.ring);
  const done = Promise.all([
    heart.done,
    watchManifests(scene, signal),
    listPods(scene, signal),
    report(scene, () => heart.nodeUid(), signal),
    api.followPods(signal, (type, object) => sync.onEvent(type, object)),
  ]);
  return {
    signal,
    async stop() {
      stop.abort();
      scene.bell.ring();
      // A call that hangs because etcd is frozen is not waited for: what it answers is dropped.
      await Promise.race([done, delay(1_000, undefined, { ref: false })]);
    },
  };
}

/** Makes a bell. */
export function createBell(): Bell {
  let waiting = Promise.withResolvers<void>();
  return {
    ring() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    next: () => waiting.promise,
  };
}

async function watchManifests({ statics, bell }: KubeletScene, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await statics.sync()) bell.ring();
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** What the events missed. */
async function listPods({ api, facts, sync }: KubeletScene, signal: AbortSignal): Promise<void> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${facts.place.name}`)}`;
  while (!signal.aborted) {
    const before = sync.known();
    const answer = await api.call('GET', path);
    const list = List.safeParse(answer.body);
    if (isDone(answer) && list.success && !signal.aborted) {
      const objects = list.data.items.map((item) => Object.assign(item, { apiVersion: 'v1', kind: 'Pod' }));
      sync.onList(before, objects);
    }
    await pause(LIST_EVERY_MS, signal);
  }
}

async function report(
  { sync, bell }: KubeletScene,
  nodeUid: () => string | undefined,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const heard = bell.next();
    const uid = nodeUid();
    const settled = uid !== undefined && (await sync.round(uid));
    await Promise.race([heard, pause(settled ? 5_000 : 500, signal)]);
  }
}
