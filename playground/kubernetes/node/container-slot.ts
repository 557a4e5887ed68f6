import { afterStart, type BackOff, type BackOffRules, mayStartAt } from './back-off.ts';
import { type ContainerRun, runMissing, runProgram, runSimulation } from './containers.ts';
import { openLog } from './log-files.ts';
import type { ContainerSpec, Pod } from './pod-spec.ts';
import type { ContainerFacts, RunFacts } from './pod-status.ts';
import { type ProbeState, startProbes } from './probes.ts';
import { behaviourOf, kindOf, type ProgramPlace, programOf, simulationOf, viewOf } from './programs.ts';

/** What every pod of a node shares. */
export interface ContainerScene extends ProgramPlace {
  readonly backOff: BackOffRules;
  /** Scales the kubelet's waits; 1: real ones. */
  readonly pace: number;
  /** Whether the agent runs; while it does not, containers go on and nobody restarts them. */
  readonly active: () => boolean;
  /** Whether an image can be had now. */
  readonly canPull: (image: string) => boolean;
}

/** One container of a pod: its runs, one after the other. */
export interface ContainerSlot {
  /** Starts it if it should run, does not, and has waited long enough. */
  sync(): void;
  /** Ends the present run; nothing is started any more. */
  end(stop: (run: ContainerRun) => Promise<unknown>): Promise<void>;
  running(): ContainerRun | undefined;
  /** SIGKILL for the present run, also for one that is just being started; the kubelet starts it anew. */
  kill(): Promise<void>;
  facts(): ContainerFacts;
}

interface Parts {
  readonly spec: ContainerSpec;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  readonly scene: ContainerScene;
  readonly changed: () => void;
}

interface State {
  run: ContainerRun | undefined;
  last: RunFacts | undefined;
  restarts: number;
  backOff: BackOff | undefined;
  waiting: { reason: string; message: string } | undefined;
  probes: ProbeState | undefined;
  launching: Promise<ContainerRun> | undefined;
  ending: boolean;
  readonly timers: Set<NodeJS.Timeout>;
}

const PULL_AGAIN_MS = 5_000;

/** Makes the slot of a container that has not run yet. */
export function createContainerSlot(parts: Parts): ContainerSlot {
  const { spec, pod, scene, changed } = parts;
  const state: State = {
    run: undefined,
    last: undefined,
    restarts: 0,
    backOff: undefined,
    waiting: undefined,
    probes: undefined,
    launching: undefined,
    ending: false,
    timers: new Set(),
  };
  return {
    sync() {
      if (state.launching !== undefined || state.ending) return;
      const over = state.run?.end();
      if (state.run === undefined) {
        if (scene.canPull(spec.image)) void start(parts, state, 0);
        else waitForImage(parts, state);
      } else if (over !== undefined && comesBack(pod(), over.exitCode)) {
        const wait = mayStartAt(state.backOff, over.at.getTime(), scene.backOff) - Date.now();
        if (wait <= 0) void start(parts, state, state.run.attempt + 1);
        else if (state.waiting === undefined) {
          state.waiting = crashLoop(pod(), spec, state.backOff);
          wakeIn(state, wait + 5, changed);
          changed();
        }
      }
    },
    async end(stop) {
      state.ending = true;
      for (const timer of state.timers) clearTimeout(timer);
      state.probes?.stop();
      const run = (await state.launching) ?? state.run;
      if (run !== undefined) await stop(run);
    },
    running: () => (state.run?.end() === undefined ? state.run : undefined),
    async kill() {
      const run = (await state.launching) ?? state.run;
      await run?.kill();
    },
    facts() {
      const runs = state.run !== undefined && state.run.end() === undefined;
      return {
        spec,
        run: state.run === undefined ? undefined : factsOf(state.run),
        waiting: state.ending ? undefined : state.waiting,
        last: state.last,
        restarts: state.restarts,
        started: runs && (state.probes?.started() ?? false),
        ready: runs && (state.probes?.ready() ?? false),
        comesBack: comesBack(pod(), state.run?.end()?.exitCode ?? 0),
      };
    },
  };
}

async function start(parts: Parts, state: State, attempt: number): Promise<void> {
  state.waiting = undefined;
  state.backOff = attempt === 0 ? undefined : afterStart(state.backOff, Date.now(), parts.scene.backOff);
  const before = state.run;
  state.launching = launch(parts, attempt);
  const run = await state.launching;
  if (before !== undefined) {
    state.last = factsOf(before);
    state.restarts += 1;
  }
  state.run = run;
  state.launching = undefined;
  if (!state.ending) state.probes = probesFor(parts, state, run);
  parts.changed();
  await run.ended;
  state.probes?.stop();
  parts.changed();
}

/** The kubelet's own back-off of pulls is left out: it looks again soon. */
function waitForImage({ spec, scene, changed }: Parts, state: State): void {
  if (state.timers.size === 0) wakeIn(state, PULL_AGAIN_MS * scene.pace, changed);
  if (state.waiting !== undefined) return;
  state.waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${spec.image}"` };
  changed();
}

async function launch({ pod, spec, scene }: Parts, attempt: number): Promise<ContainerRun> {
  if (kindOf(pod(), spec, scene.images) === 'simulated') return runSimulation(simulationOf(pod(), scene.pace), attempt);
  const view = viewOf(pod(), spec, scene);
  const argv = [...spec.command, ...spec.args];
  const program = programOf(pod(), spec, scene, argv, view);
  if (program === undefined) return runMissing(argv[0] ?? '', attempt);
  return runProgram(program, attempt, openLog(scene.place, pod(), spec.name, attempt));
}

function probesFor({ pod, spec, scene, changed }: Parts, state: State, run: ContainerRun): ProbeState {
  if (kindOf(pod(), spec, scene.images) === 'program') {
    return startProbes({
      container: spec,
      place: scene.place,
      pace: scene.pace,
      active: scene.active,
      onChange: changed,
      onUnhealthy: () => void run.stop(pod().spec.terminationGracePeriodSeconds * 1_000 * scene.pace),
    });
  }
  const ms = behaviourOf(pod()).readyAfter * 1_000 * scene.pace;
  const readyAt = ms < 0 ? Number.POSITIVE_INFINITY : Date.now() + ms;
  if (ms > 0) wakeIn(state, ms + 5, changed);
  return { started: () => true, ready: () => Date.now() >= readyAt, stop: () => undefined };
}

function wakeIn(state: State, ms: number, wake: () => void): void {
  const timer = setTimeout(() => {
    state.timers.delete(timer);
    wake();
  }, ms);
  timer.unref();
  state.timers.add(timer);
}

function comesBack(pod: Pod, exitCode: number): boolean {
  return pod.spec.restartPolicy === 'Always' || (pod.spec.restartPolicy === 'OnFailure' && exitCode !== 0);
}

function crashLoop(pod: Pod, spec: ContainerSpec, state: BackOff | undefined): { reason: string; message: string } {
  const wait = Math.round((state?.wait ?? 0) / 1_000);
  const shown = wait >= 60 ? `${Math.floor(wait / 60)}m${wait % 60}s` : `${wait}s`;
  const { name, namespace, uid } = pod.metadata;
  return {
    reason: 'CrashLoopBackOff',
    message: `back-off ${shown} restarting failed container=${spec.name} pod=${name}_${namespace}(${uid})`,
  };
}

function factsOf(run: ContainerRun): RunFacts {
  return { id: run.id, startedAt: run.startedAt, end: run.end() };
}
