import { listAt, textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { createMirrorSync } from './mirror-sync.ts';
import { type Answer, identityOf, isDone, type NodeApi, podPath } from './node-api.ts';
import { isMirror, type Pod, podKey, readPod } from './pod-spec.ts';
import { createPodWorker, type PodWorker, type WorkerScene } from './pod-worker.ts';
import type { StaticPods } from './static-pods.ts';

/** Keeps the node's pods and the API server in step. What fails is done again, so the API server may be away. */
export interface ApiSync {
  /** One round; resolves true when nothing is left to do. */
  round(nodeUid: string): Promise<boolean>;
  /** An event about one of the node's pods. */
  onEvent(type: string, object: ApiObject): void;
  /** uids of the node's pods, as far as heard. */
  known(): ReadonlySet<string>;
  /** All pods of the node, as a list gave them: of those known before it was asked for, what is missing there is gone. */
  onList(before: ReadonlySet<string>, objects: readonly ApiObject[]): void;
  /** The containers of a pod are not as they were. */
  touch(uid: string): void;
  /** Every status is sent again. */
  forget(): void;
  /** Nothing is known any more, as after the machine was off. */
  reset(): void;
  /** Workers of pods that are not static. */
  workers(): readonly PodWorker[];
}

/** What the sync works on. */
export interface SyncScene {
  readonly api: NodeApi;
  readonly scene: WorkerScene;
  readonly statics: StaticPods;
  /** Draws an address for a pod that is not on the host's network. */
  readonly drawAddress: () => string;
  readonly poke: () => void;
}

/** What is known of the node's pods at the API server. */
interface Memory extends SyncScene {
  readonly known: Map<string, Pod>;
  /** By uid. */
  readonly workers: Map<string, PodWorker>;
  /** The last status of a pod that the API server took, by uid. */
  readonly sent: Map<string, string>;
  /** uids of pods whose deletion was finished. */
  readonly removed: Set<string>;
  /** uids of pods to look at in the next round. */
  readonly touched: Set<string>;
}

/** Pods that are reported side by side. */
const AT_ONCE = 10;

/** Makes the sync of one node. */
export function createApiSync(parts: SyncScene): ApiSync {
  const memory: Memory = {
    ...parts,
    known: new Map(),
    workers: new Map(),
    sent: new Map(),
    removed: new Set(),
    touched: new Set(),
  };
  const { known, workers, sent, removed, touched } = memory;
  const syncMirrors = createMirrorSync({
    api: parts.api,
    node: parts.scene.place.name,
    statics: parts.statics,
    known,
    sendStatus: (worker, target) => sendStatus(memory, worker, target),
  });
  function onEvent(type: string, object: ApiObject): void {
    hear(memory, type, object);
  }
  return {
    onEvent,
    known: () => new Set([...known.values()].map((pod) => pod.metadata.uid)),
    onList(before, objects) {
      const listed = new Set(objects.map((each) => identityOf(each).uid));
      for (const pod of known.values()) {
        if (before.has(pod.metadata.uid) && !listed.has(pod.metadata.uid)) forgetPod(memory, pod);
      }
      for (const each of objects) onEvent('MODIFIED', each);
    },
    async round(nodeUid) {
      let done = await syncMirrors(nodeUid);
      const pods = [...known.values()].filter((pod) => touched.delete(pod.metadata.uid) && !isMirror(pod));
      for (let at = 0; at < pods.length; at += AT_ONCE) {
        const batch = pods.slice(at, at + AT_ONCE);
        const kept = await Promise.all(batch.map((pod) => keep(memory, pod)));
        for (const [index, pod] of batch.entries()) {
          if (kept[index] === true) continue;
          touched.add(pod.metadata.uid);
          done = false;
        }
      }
      return done;
    },
    touch(uid) {
      if (workers.has(uid)) touched.add(uid);
    },
    forget() {
      sent.clear();
      removed.clear();
      for (const pod of known.values()) touched.add(pod.metadata.uid);
    },
    reset() {
      for (const each of [known, workers, sent, removed, touched]) each.clear();
    },
    workers: () => [...workers.values()],
  };
}

/** What a pod's status says of its being ready. */
function readyIn(pod: unknown): string {
  const ready = listAt(pod, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  return textAt(ready, 'status');
}

function hear(memory: Memory, type: string, object: ApiObject): void {
  const { known, sent } = memory;
  const pod = readPod(object);
  // Somebody else wrote into the status: the pods of a node that was silent for a while are marked as not ready.
  const last = sent.get(pod.metadata.uid);
  if (last !== undefined && readyIn({ status: JSON.parse(last) }) !== readyIn(object)) sent.delete(pod.metadata.uid);
  if (type === 'DELETED') forgetPod(memory, pod);
  else {
    const before = known.get(podKey(pod));
    if (before !== undefined && before.metadata.uid !== pod.metadata.uid) forgetPod(memory, before);
    known.set(podKey(pod), pod);
    memory.touched.add(pod.metadata.uid);
    if (!isMirror(pod)) follow(memory, pod);
  }
  memory.poke();
}

function forgetPod({ known, workers, sent, removed, touched }: Memory, pod: Pod): void {
  const { uid } = pod.metadata;
  if (known.get(podKey(pod))?.metadata.uid === uid) known.delete(podKey(pod));
  sent.delete(uid);
  removed.delete(uid);
  touched.delete(uid);
  const worker = workers.get(uid);
  workers.delete(uid);
  void worker?.kill().then(() => worker.remove());
}

function follow({ scene, workers, drawAddress }: Memory, pod: Pod): void {
  const { uid, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const worker = workers.get(uid);
  if (worker === undefined) {
    if (deletionTimestamp !== undefined || isOver(pod)) return;
    const made = createPodWorker(pod, pod.spec.hostNetwork ? scene.place.address : drawAddress(), scene);
    workers.set(uid, made);
    made.sync();
    return;
  }
  worker.update(pod);
  if (deletionTimestamp === undefined || worker.terminating()) return;
  const grace = deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds;
  void worker.terminate(grace * 1_000);
}

async function sendStatus({ api, sent }: Memory, worker: PodWorker, target: Pod): Promise<boolean> {
  const status = worker.status();
  const text = JSON.stringify(status);
  if (sent.get(target.metadata.uid) === text) return true;
  const answer = await api.patchStatus(podPath(target), target.metadata.uid, status);
  if (isDone(answer)) sent.set(target.metadata.uid, text);
  return isDone(answer) || isGone(answer);
}

/** Reports a pod, and finishes its deletion when its containers have ended. */
async function keep(memory: Memory, pod: Pod): Promise<boolean> {
  const worker = memory.workers.get(pod.metadata.uid);
  if (worker !== undefined && !(await sendStatus(memory, worker, pod))) return false;
  const { uid, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp === undefined || worker?.over() === false || memory.removed.has(uid)) return true;
  const answer = await memory.api.remove(podPath(pod), uid);
  // A finalizer may keep it: once is enough.
  if (isDone(answer) || isGone(answer)) memory.removed.add(uid);
  return memory.removed.has(uid);
}

function isGone(answer: Answer): boolean {
  return answer.status === 404 || answer.status === 409;
}

function isOver(pod: Pod): boolean {
  const status = pod.raw['status'];
  const phase = typeof status === 'object' && status !== null && 'phase' in status ? status.phase : undefined;
  return phase === 'Succeeded' || phase === 'Failed';
}
