import { z } from 'zod';
import { parseDuration } from '../../duration.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';

/** Fields of whatever machines are made from. */
export const Deletion = z.object({
  /** v1beta1: `10m0s`. */
  nodeDrainTimeout: z.string().nullish(),
  /** v1beta2. */
  deletion: z.object({ nodeDrainTimeoutSeconds: z.number().nullish() }).nullish(),
});
export type Deletion = z.infer<typeof Deletion>;

const Template = z.object({ spec: Deletion.nullish() });
const WithSpec = z.object({
  spec: Deletion.extend({
    machineTemplate: Deletion.extend(Template.shape).nullish(),
    template: Template.nullish(),
  }),
});

/** The time for a drain, ms; `null`: no end is set, or 0, which is the same. A text that is no duration is taken for the shortest one. */
export function drainTimeout(of: Deletion | null | undefined): number | null {
  const seconds = of?.deletion?.nodeDrainTimeoutSeconds ?? null;
  if (seconds !== null) return seconds > 0 ? seconds * 1000 : null;
  const text = of?.nodeDrainTimeout ?? '';
  const ms = text === '' || text === '0' ? 0 : (parseDuration(text) ?? 1);
  return ms > 0 ? ms : null;
}

/**
 * The time for the drain of a machine as its Machine, MachineDeployment or KubeadmControlPlane of either version has it, ms; `null`: it may
 * take for ever. Source: Cluster API, `*_types.go` of both versions.
 */
export function drainTimeoutOf(object: KubernetesObject): number | null {
  const read = WithSpec.safeParse(object);
  if (!read.success) return null;
  const { spec } = read.data;
  const places = [spec, spec.machineTemplate, spec.machineTemplate?.spec, spec.template?.spec];
  return places.map(drainTimeout).find((ms) => ms !== null) ?? null;
}
