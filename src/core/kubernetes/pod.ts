import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** What Drydock reads of a pod. */
export interface PodReading {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly phase: string;
  /** Every container is ready. */
  readonly ready: boolean;
  readonly restarts: number;
  /** Why it does not run, as the kubelet names it: `CrashLoopBackOff`, `Unschedulable`; empty: it does, or nobody says. */
  readonly reason: string;
  /** It is being deleted since, ISO; `null`: it is not. */
  readonly deletedAt: string | null;
}

const State = z.object({ reason: z.string().default('') });
const ContainerStatus = z.object({
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: z.object({ waiting: State.optional(), terminated: State.optional() }).default({}),
});
const Pod = z.object({
  spec: z.object({ nodeName: z.string().default('') }).prefault({}),
  status: z
    .object({
      phase: z.string().default(''),
      reason: z.string().default(''),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), reason: z.string().default('') }))
        .default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
    })
    .prefault({}),
});

/** Reads a pod. @throws ZodError when the object has not the shape of one. */
export function readPod(object: KubernetesObject): PodReading {
  const { spec, status } = Pod.parse(object);
  const { name, namespace = '', uid, labels = {}, deletionTimestamp } = object.metadata;
  const { containerStatuses } = status;
  return {
    namespace,
    name,
    uid,
    node: spec.nodeName,
    labels,
    phase: status.phase,
    ready: containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready),
    restarts: containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    reason: reasonOf(status),
    deletedAt: deletionTimestamp ?? null,
  };
}

function reasonOf(status: z.infer<typeof Pod>['status']): string {
  const containers = [...status.initContainerStatuses, ...status.containerStatuses];
  const waiting = containers.map(({ state }) => state.waiting?.reason ?? '').find((reason) => reason !== '');
  const ended = containers
    .filter(({ ready }) => !ready)
    .map(({ state }) => state.terminated?.reason ?? '')
    .find((reason) => reason !== '' && reason !== 'Completed');
  const unscheduled = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  return status.reason || (waiting ?? ended ?? unscheduled?.reason ?? '');
}

/** Whether it is as it should be: running and ready, or done. */
export function isWell(pod: PodReading): boolean {
  return pod.phase === 'Succeeded' || (pod.phase === 'Running' && pod.ready);
}

/** Why it is not well, in words: `CrashLoopBackOff, 12 restarts`. */
export function troubleOf(pod: PodReading): string {
  if (pod.deletedAt !== null) return `being deleted since ${pod.deletedAt}`;
  const what = pod.reason === '' ? (pod.phase === 'Running' ? 'not ready' : pod.phase) : pod.reason;
  const restarts = pod.restarts === 1 ? '1 restart' : `${pod.restarts} restarts`;
  return pod.restarts === 0 ? what : `${what}, ${restarts}`;
}
