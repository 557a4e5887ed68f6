import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';

const Bound = z.union([z.number(), z.string()]).nullish();
const HealthCheck = z.object({
  spec: z.object({
    maxUnhealthy: Bound,
    unhealthyRange: z.string().nullish(),
    remediation: z
      .object({
        triggerIf: z.object({ unhealthyLessThanOrEqualTo: Bound, unhealthyInRange: z.string().nullish() }).nullish(),
      })
      .nullish(),
  }),
});

/**
 * How many machines may be unhealthy before a MachineHealthCheck of either version stops having them replaced: `40%`, `[1-3]`; `null`: it never
 * stops. Source: Cluster API, `machinehealthcheck_types.go` of both versions.
 */
export function unhealthyLimit(object: KubernetesObject): string | null {
  const { data } = HealthCheck.safeParse(object);
  if (data === undefined) return null;
  const { maxUnhealthy, unhealthyRange, remediation } = data.spec;
  const range = remediation?.triggerIf?.unhealthyInRange ?? unhealthyRange ?? '';
  const most = remediation?.triggerIf?.unhealthyLessThanOrEqualTo ?? maxUnhealthy ?? null;
  if (range !== '') return range;
  return most === null || most === '100%' ? null : String(most);
}
