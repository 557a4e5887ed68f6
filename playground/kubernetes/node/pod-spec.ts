import { z } from 'zod';
import type { ApiObject } from '../contracts.ts';

const HttpGet = z.object({
  path: z.string().default('/'),
  port: z.union([z.number(), z.string()]),
  host: z.string().optional(),
  scheme: z.string().default('HTTP'),
});

const Probe = z.object({
  httpGet: HttpGet.optional(),
  tcpSocket: z.object({ port: z.union([z.number(), z.string()]), host: z.string().optional() }).optional(),
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
  successThreshold: z.number().default(1),
});

const EnvironmentVariable = z.object({
  name: z.string(),
  value: z.string().default(''),
  valueFrom: z.object({ fieldRef: z.object({ fieldPath: z.string() }).optional() }).optional(),
});

const ContainerSpec = z.object({
  name: z.string(),
  image: z.string().default(''),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  workingDir: z.string().optional(),
  env: z.array(EnvironmentVariable).default([]),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }))
    .default([]),
  securityContext: z.object({ privileged: z.boolean().optional() }).optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  startupProbe: Probe.optional(),
});

const Volume = z.object({
  name: z.string(),
  hostPath: z.object({ path: z.string(), type: z.string().optional() }).optional(),
});

const PodSpec = z.object({
  containers: z.array(ContainerSpec),
  initContainers: z.array(ContainerSpec).default([]),
  volumes: z.array(Volume).default([]),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).default('Always'),
  terminationGracePeriodSeconds: z.number().default(30),
  activeDeadlineSeconds: z.number().optional(),
  hostNetwork: z.boolean().default(false),
  nodeName: z.string().optional(),
});

const Metadata = z.object({
  name: z.string(),
  namespace: z.string().default('default'),
  uid: z.string().default(''),
  generation: z.number().optional(),
  annotations: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.number().optional(),
});

const Pod = z.object({ metadata: Metadata, spec: PodSpec });

/** The part of a container's specification that the agent acts on. */
export interface ContainerSpec extends z.infer<typeof ContainerSpec> {}

/** A probe, with the defaults of the API server. */
export interface ProbeSpec extends z.infer<typeof Probe> {}

/** The part of a pod that the agent acts on, and the pod as it came. */
export interface Pod extends z.infer<typeof Pod> {
  readonly raw: ApiObject;
}

/** Reads a pod. @throws ZodError when it is none. */
export function readPod(raw: ApiObject): Pod {
  return { ...Pod.parse(raw), raw };
}

/** `namespace/name`. */
export function podKey(pod: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** Whether a pod of the API server only mirrors a static pod. */
export function isMirror(pod: Pick<Pod, 'metadata'>): boolean {
  return pod.metadata.annotations['kubernetes.io/config.mirror'] !== undefined;
}
