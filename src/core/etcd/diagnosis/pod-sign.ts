import { z } from 'zod';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { PodSign } from './signs.ts';

/** Name of the container that runs etcd, in the pods of kubeadm and of OpenShift. */
export const ETCD_CONTAINER = 'etcd';

const Ended = z.object({ exitCode: z.number().default(0), finishedAt: z.string().nullish() });
const Container = z.object({
  name: z.string(),
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: z
    .object({
      running: z.looseObject({}).optional(),
      waiting: z.object({ reason: z.string().default('') }).optional(),
      terminated: Ended.optional(),
    })
    .default({}),
  lastState: z.object({ terminated: Ended.optional() }).default({}),
});
const Pod = z.object({
  spec: z.object({ nodeName: z.string().default('') }).prefault({}),
  status: z.object({ containerStatuses: z.array(z.unknown()).default([]) }).prefault({}),
});

/**
 * Reads how etcd is from its pod: of its container alone, because the others of OpenShift's pod may run without it. A pod whose container
 * the kubelet has not told of does not run.
 *
 * @throws ZodError when the object has not the shape of a pod.
 */
export function readPodSign(object: KubernetesObject): PodSign {
  const { spec, status } = Pod.parse(object);
  const { name, namespace = '', uid, deletionTimestamp } = object.metadata;
  const container = status.containerStatuses
    .flatMap((each) => {
      const read = Container.safeParse(each);
      return read.success ? [read.data] : [];
    })
    .find((each) => each.name === ETCD_CONTAINER);
  const ended = container?.state.terminated ?? container?.lastState.terminated ?? null;
  return {
    namespace,
    name,
    uid,
    node: spec.nodeName,
    running: container?.state.running !== undefined,
    ready: container?.ready ?? false,
    restarts: container?.restartCount ?? 0,
    waiting: container?.state.waiting?.reason ?? '',
    ended: ended === null ? null : { exitCode: ended.exitCode, at: ended.finishedAt ?? null },
    deletedAt: deletionTimestamp ?? null,
  };
}
