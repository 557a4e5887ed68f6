import { z } from 'zod';

const Probe = z.looseObject({ httpGet: z.looseObject({ path: z.string() }).optional() });
const Container = z.looseObject({
  image: z.string(),
  args: z.array(z.string()).default([]),
  env: z.array(
    z.strictObject({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z
        .strictObject({
          secretKeyRef: z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() }),
        })
        .optional(),
    }),
  ),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })),
  resources: z.unknown(),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  lifecycle: z
    .looseObject({ preStop: z.looseObject({ exec: z.looseObject({ command: z.array(z.string()) }) }) })
    .optional(),
});
const Pod = z.looseObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.looseObject({ runAsUser: z.number(), runAsGroup: z.number() }),
  containers: z.tuple([Container]),
  volumes: z.array(z.looseObject({ name: z.string(), configMap: z.looseObject({ name: z.string() }).optional() })),
});

/** What the tests look at of a rendered Deployment or StatefulSet; it has one container. */
export const Workload = z
  .looseObject({
    spec: z.looseObject({
      template: z.looseObject({
        metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
        spec: Pod,
      }),
    }),
  })
  .transform(({ spec: { template } }) => ({
    labels: template.metadata.labels,
    pod: template.spec,
    container: template.spec.containers[0],
  }));
export type Workload = z.infer<typeof Workload>;
