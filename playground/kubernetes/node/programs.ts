import { mkdirSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Program, Simulation } from './containers.ts';
import { realArgument, realArguments, type View } from './paths.ts';
import { type NodePlace, rootOf } from './place.ts';
import type { ContainerSpec, Pod } from './pod-spec.ts';
import { shellProgram, standInsOf } from './stand-ins.ts';

/**
 * Images that stand for real programs: short name of the image (`etcd`) → names of the programs in it → where they are on
 * this machine.
 */
export type Images = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How a container is run here. */
export type Kind = 'program' | 'node-shell' | 'simulated';

/** What the programs of one node need to know of it. */
export interface ProgramPlace {
  readonly place: NodePlace;
  readonly images: Images;
  readonly removeWhenOrphaned: readonly string[];
}

/** Annotation of a pod whose simulated containers do something: JSON, see {@link Behaviour}. */
export const BEHAVIOUR = 'playground.drydock/behaviour';

const Behaviour = z.object({
  /** Seconds until it is ready; -1: never. */
  readyAfter: z.number().default(0),
  /** Seconds until it exits by itself. */
  exitAfter: z.number().optional(),
  exitCode: z.number().int().default(0),
  /** Seconds from SIGTERM to its end. */
  stopsAfter: z.number().default(0),
});

/** What the simulated containers of a pod do; without the annotation: ready at once, run until stopped, stop at once. */
export interface Behaviour extends z.infer<typeof Behaviour> {}

/** Reads a pod's annotation; one that cannot be read is as none. */
export function behaviourOf(pod: Pod): Behaviour {
  const text = pod.metadata.annotations[BEHAVIOUR];
  try {
    return Behaviour.parse(text === undefined ? {} : JSON.parse(text));
  } catch {
    return Behaviour.parse({});
  }
}

/** The behaviour as a simulation; `pace` scales its times. */
export function simulationOf(pod: Pod, pace: number): Simulation {
  const { exitAfter, exitCode, stopsAfter } = behaviourOf(pod);
  return {
    exitCode,
    stopsAfterMs: stopsAfter * 1_000 * pace,
    ...(exitAfter === undefined ? {} : { exitAfterMs: exitAfter * 1_000 * pace }),
  };
}

/** `registry.k8s.io/etcd:3.5.16-0` → `etcd`. */
export function shortImage(image: string): string {
  return basename(image.split('@')[0] ?? '').split(':')[0] ?? '';
}

/**
 * A privileged pod that mounts the node's whole root is a node shell: any program of this machine may run in it. Known
 * images run their real programs. All else is simulated.
 */
export function kindOf(pod: Pod, container: ContainerSpec, images: Images): Kind {
  const wholeRoot = pod.spec.volumes.some((volume) => volume.hostPath?.path === '/');
  if (wholeRoot && container.securityContext?.privileged === true) return 'node-shell';
  return images[shortImage(container.image)] === undefined ? 'simulated' : 'program';
}

/** The container's view of the machine; makes its own root directory. */
export function viewOf(pod: Pod, container: ContainerSpec, { place, images }: ProgramPlace): View {
  const root = join(place.directory, 'containers', pod.metadata.uid, container.name);
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const mounts = container.volumeMounts.map((mount) => {
    const volume = pod.spec.volumes.find((each) => each.name === mount.name);
    const real =
      volume?.hostPath === undefined
        ? join(place.directory, 'containers', pod.metadata.uid, 'volumes', mount.name)
        : join(rootOf(place), volume.hostPath.path);
    if (volume?.hostPath?.type !== 'File' && volume?.hostPath?.type !== 'FileOrCreate')
      mkdirSync(real, { recursive: true });
    return { inside: mount.mountPath.replace(/\/+$/, ''), real };
  });
  const bareRoot = kindOf(pod, container, images) === 'node-shell';
  return { root, mounts, nodeDirectory: place.directory, bareRoot, place };
}

/** The variables that a program of the container gets, with real paths and addresses. */
export function environmentOf(pod: Pod, container: ContainerSpec, view: View): Record<string, string> {
  const own = container.env.map((each) => {
    const path = each.valueFrom?.fieldRef?.fieldPath;
    const value = path === undefined ? each.value : (fieldOf(pod, path, view) ?? '');
    return [each.name, realArgument(value, view)] as const;
  });
  const kept = ['PATH', 'LANG', 'ETCD_UNSUPPORTED_ARCH'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([...kept, ['HOME', view.root], ['HOSTNAME', pod.metadata.name], ...own]);
}

/** Where programs that another one calls by name are looked for first: those of the image, and those of the node for its shells. */
function ownFolders(pod: Pod, container: ContainerSpec, { place, images }: ProgramPlace): readonly string[] {
  if (kindOf(pod, container, images) === 'node-shell') return [standInsOf(place)];
  const programs = Object.values(images[shortImage(container.image)] ?? {});
  return [...new Set(programs.filter((program) => program.startsWith('/')).map((program) => dirname(program)))];
}

function withOwnPath(env: Record<string, string>, folders: readonly string[]): Record<string, string> {
  return folders.length === 0 ? env : { ...env, PATH: [...folders, env['PATH'] ?? ''].join(delimiter) };
}

/** The program of a container, as it really runs; undefined: the container has none of this name. */
export function programOf(
  pod: Pod,
  container: ContainerSpec,
  where: ProgramPlace,
  argv: readonly string[],
  view: View,
): Program | undefined {
  const [asked = ''] = argv;
  const command = programPath(pod, container, where, asked);
  if (command === undefined) return undefined;
  return {
    name: `${pod.metadata.name}/${container.name}`,
    command,
    args: realArguments(argv, view),
    cwd: container.workingDir === undefined ? view.root : realArgument(container.workingDir, view),
    env: withOwnPath(environmentOf(pod, container, view), ownFolders(pod, container, where)),
    removeWhenOrphaned: where.removeWhenOrphaned,
  };
}

function programPath(
  pod: Pod,
  container: ContainerSpec,
  { place, images }: ProgramPlace,
  command: string,
): string | undefined {
  const kind = kindOf(pod, container, images);
  if (kind === 'node-shell') return shellProgram(place, command);
  return kind === 'program' ? images[shortImage(container.image)]?.[basename(command)] : undefined;
}

function fieldOf(pod: Pod, path: string, view: View): string | undefined {
  const known: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'status.podIP': view.place.address,
    'status.hostIP': view.place.address,
  };
  return known[path];
}
