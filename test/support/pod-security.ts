import { z } from 'zod';

const Context = z.looseObject({
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  seccompProfile: z.looseObject({ type: z.string() }).optional(),
  capabilities: z
    .looseObject({ add: z.array(z.string()).default([]), drop: z.array(z.string()).default([]) })
    .optional(),
});
const Container = z.looseObject({
  name: z.string(),
  ports: z.array(z.looseObject({ hostPort: z.number().optional() })).default([]),
  securityContext: Context.default({}),
});
const PodSpec = z.looseObject({
  hostNetwork: z.boolean().default(false),
  hostPID: z.boolean().default(false),
  hostIPC: z.boolean().default(false),
  securityContext: Context.default({}),
  containers: z.array(Container),
  initContainers: z.array(Container).default([]),
  volumes: z.array(z.record(z.string(), z.unknown())).default([]),
});

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const PROFILES = new Set(['RuntimeDefault', 'Localhost']);

/**
 * What keeps a pod from the level `restricted`, and a writable root file system, which that level allows; empty: nothing.
 *
 * Source: Kubernetes' Pod Security Standards.
 */
export function restrictedProblems(spec: unknown): readonly string[] {
  const pod = PodSpec.parse(spec);
  const shared = [
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['it shares a namespace of the host'] : []),
    ...pod.volumes
      .flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'))
      .filter((type) => !VOLUMES.has(type))
      .map((type) => `it has a volume of type ${type}`),
  ];
  const each = [...pod.initContainers, ...pod.containers].flatMap((container) =>
    containerProblems(container, pod.securityContext).map((problem) => `${container.name}: ${problem}`),
  );
  return [...shared, ...each];
}

function containerProblems(
  { ports, securityContext: own }: z.infer<typeof Container>,
  pod: z.infer<typeof Context>,
): readonly string[] {
  const dropped = own.capabilities?.drop ?? [];
  const added = (own.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const profile = own.seccompProfile ?? pod.seccompProfile;
  const found: readonly (readonly [boolean, string])[] = [
    [own.privileged === true, 'it is privileged'],
    [own.allowPrivilegeEscalation !== false, 'it may gain privileges'],
    [(own.runAsNonRoot ?? pod.runAsNonRoot) !== true, 'it may run as root'],
    [(own.runAsUser ?? pod.runAsUser) === 0, 'its user is root'],
    [!dropped.includes('ALL') || added.length > 0, 'it keeps capabilities'],
    [profile === undefined || !PROFILES.has(profile.type), 'it has no seccomp profile'],
    [ports.some(({ hostPort }) => hostPort !== undefined), 'it takes a port of the host'],
    [own.readOnlyRootFilesystem !== true, 'its root file system is writable'],
  ];
  return found.flatMap(([is, problem]) => (is ? [problem] : []));
}
