import type { Fields } from '../contracts.ts';
import type { ContainerEnd } from './containers.ts';
import type { ContainerSpec, Pod } from './pod-spec.ts';

/** One run as the status shows it. */
export interface RunFacts {
  readonly id: string;
  readonly startedAt: Date;
  readonly end: ContainerEnd | undefined;
}

/** One container of a pod as the status shows it. */
export interface ContainerFacts {
  readonly spec: ContainerSpec;
  /** The present run, or the last one if it is over; undefined: never started. */
  readonly run: RunFacts | undefined;
  /** Set while it waits to be started. */
  readonly waiting: { readonly reason: string; readonly message?: string } | undefined;
  /** The run before the present one. */
  readonly last: RunFacts | undefined;
  readonly restarts: number;
  readonly started: boolean;
  readonly ready: boolean;
  /** It will be started again. */
  readonly comesBack: boolean;
}

/** What the whole pod's status needs. */
export interface PodFacts {
  readonly pod: Pod;
  readonly containers: readonly ContainerFacts[];
  readonly hostIP: string;
  readonly podIP: string;
  readonly startedAt: Date;
  readonly terminating: boolean;
  /** Why the kubelet ended it itself. */
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
}

/** A condition of a pod or node, as JSON. */
export interface Condition extends Fields {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
}

/** `2026-11-21T13:49:39Z`: times of the API have whole seconds. */
export function apiTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The pod's status, and its conditions once more; `before`: the last ones, whose times of change are kept. */
export function podStatus(
  facts: PodFacts,
  before: readonly Condition[],
  now: Date,
): { readonly status: Fields; readonly conditions: readonly Condition[] } {
  const phase = phaseOf(facts);
  const { generation } = facts.pod.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const conditions = conditionsOf(facts, phase).map((one) => condition(one, observed, before, now));
  const status = {
    ...observed,
    phase,
    ...facts.failure,
    conditions,
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(phase === 'Pending' ? {} : { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] }),
    startTime: apiTime(facts.startedAt),
    ...(facts.pod.spec.initContainers.length === 0
      ? {}
      : { initContainerStatuses: facts.pod.spec.initContainers.map((each) => initStatus(each, facts.startedAt)) }),
    containerStatuses: facts.containers.map(containerStatus),
  };
  return { status, conditions };
}

function condition(one: Finding, observed: Fields, before: readonly Condition[], now: Date): Condition {
  const same = before.find((each) => each.type === one.type && each.status === one.status);
  return {
    ...one,
    ...observed,
    lastProbeTime: null,
    lastTransitionTime: same?.lastTransitionTime ?? apiTime(now),
  };
}

/** The phase, as the kubelet's `getPhase` finds it. */
export function phaseOf({
  containers,
  terminating,
  failure,
}: PodFacts): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (failure !== undefined) return 'Failed';
  if (containers.some((each) => each.run === undefined)) return 'Pending';
  const ended = containers.every((each) => each.run?.end !== undefined && (terminating || !each.comesBack));
  if (!ended) return 'Running';
  return containers.every((each) => each.run?.end?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

interface Finding {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

function conditionsOf(facts: PodFacts, phase: string): readonly Finding[] {
  const unready = facts.containers.filter((each) => !each.ready).map((each) => each.spec.name);
  const over = phase === 'Succeeded' || phase === 'Failed';
  const doneReason = phase === 'Succeeded' ? { reason: 'PodCompleted' } : { reason: 'PodFailed' };
  const ready: Omit<Finding, 'type'> = over
    ? { status: 'False', ...doneReason }
    : unready.length > 0
      ? {
          status: 'False',
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${unready.join(' ')}]`,
        }
      : { status: 'True' };
  return [
    { type: 'PodReadyToStartContainers', status: over ? 'False' : 'True' },
    { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...ready },
    { type: 'PodScheduled', status: 'True' },
  ];
}

function containerStatus(facts: ContainerFacts): Fields {
  const { spec, run, last, waiting } = facts;
  const shown = waiting === undefined ? last : (run ?? last);
  return {
    name: spec.name,
    state: waiting === undefined && run !== undefined ? runState(run) : { waiting: waiting ?? CREATING },
    lastState: shown?.end === undefined ? {} : runState(shown),
    ready: facts.ready,
    restartCount: facts.restarts,
    image: spec.image,
    imageID: run === undefined ? '' : spec.image,
    ...(run === undefined ? {} : { containerID: run.id }),
    started: facts.started,
    resources: {},
    volumeMounts: spec.volumeMounts.map(mountStatus),
  };
}

function mountStatus(mount: ContainerSpec['volumeMounts'][number]): Fields {
  const { name, mountPath } = mount;
  return mount.readOnly === true
    ? { name, mountPath, readOnly: true, recursiveReadOnly: 'Disabled' }
    : { name, mountPath };
}

const CREATING = { reason: 'ContainerCreating' } as const;

function runState(run: RunFacts): Fields {
  if (run.end === undefined) return { running: { startedAt: apiTime(run.startedAt) } };
  const { exitCode, reason, message, at } = run.end;
  return {
    terminated: {
      exitCode,
      reason,
      ...(message === undefined ? {} : { message }),
      startedAt: apiTime(run.startedAt),
      finishedAt: apiTime(at),
      containerID: run.id,
    },
  };
}

function initStatus(spec: ContainerSpec, at: Date): Fields {
  return {
    name: spec.name,
    state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: apiTime(at), finishedAt: apiTime(at) } },
    lastState: {},
    ready: true,
    restartCount: 0,
    image: spec.image,
    imageID: spec.image,
    started: false,
  };
}
