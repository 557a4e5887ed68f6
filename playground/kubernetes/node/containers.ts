import { randomBytes } from 'node:crypto';
import { type RunningProcess, startProcess } from '../../processes.ts';
import type { LogFile } from './log-files.ts';

/** How a container ended. */
export interface ContainerEnd {
  readonly at: Date;
  /** 128 + the signal's number for one that a signal ended. */
  readonly exitCode: number;
  /** `Completed`, `Error` or `StartError`. */
  readonly reason: string;
  readonly message?: string;
}

/** One run of a container, from its start on; also after its end. */
export interface ContainerRun {
  /** `containerd://…`. */
  readonly id: string;
  /** 0 for the first run. */
  readonly attempt: number;
  readonly startedAt: Date;
  /** Of its real process; undefined for a simulated one, and for one that could not be started. */
  readonly pid: number | undefined;
  /** Undefined while it runs. */
  end(): ContainerEnd | undefined;
  /** Settles at its end; never rejects. */
  readonly ended: Promise<ContainerEnd>;
  /** SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs: number): Promise<ContainerEnd>;
  kill(): Promise<ContainerEnd>;
  /** Sends a signal to a real process (`SIGSTOP` freezes it). */
  signal(name: NodeJS.Signals): void;
}

/** A real program to run. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Removed when the playground dies without stopping it. */
  readonly removeWhenOrphaned: readonly string[];
}

/** What a simulated container does; it has no process. */
export interface Simulation {
  /** Ends by itself after this many ms; absent: runs until it is stopped. */
  readonly exitAfterMs?: number;
  /** Default 0. */
  readonly exitCode?: number;
  /** How long it takes to stop after SIGTERM, in ms; default 0. The grace period still ends it. */
  readonly stopsAfterMs?: number;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGTERM: 15,
};

const CREATE_FAILED =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed';

/** Starts a real program. One that cannot be started is a run that ended at once, as containerd reports it. */
export async function runProgram(program: Program, attempt: number, log: LogFile): Promise<ContainerRun> {
  const base = { id: containerId(), attempt, startedAt: new Date() };
  let running: RunningProcess;
  try {
    running = await startProcess({ ...program, onLine: (line, stream) => log.write(line, stream) });
  } catch (error) {
    return neverStarted(base, startProblem(program.command, error));
  }
  let end: ContainerEnd | undefined;
  const ended = running.ended.then(({ code, signal }) => {
    const exitCode = code ?? 128 + (SIGNALS[signal ?? ''] ?? 0);
    end = { at: new Date(), exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
    return end;
  });
  return {
    ...base,
    pid: running.pid,
    ended,
    end: () => end,
    async stop(graceMs) {
      await running.stop(graceMs);
      return ended;
    },
    async kill() {
      await running.kill();
      return ended;
    },
    signal: (name) => running.signal(name),
  };
}

/** Starts a container that is nothing but a state. */
export function runSimulation(what: Simulation, attempt: number): ContainerRun {
  const done = Promise.withResolvers<ContainerEnd>();
  let end: ContainerEnd | undefined;
  function finish(exitCode: number): void {
    clearTimeout(timer);
    end ??= { at: new Date(), exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
    done.resolve(end);
  }
  const timer = setTimeout(() => finish(what.exitCode ?? 0), what.exitAfterMs ?? 0x7fff_ffff);
  timer.unref();
  if (what.exitAfterMs === undefined) clearTimeout(timer);
  return {
    id: containerId(),
    attempt,
    startedAt: new Date(),
    pid: undefined,
    ended: done.promise,
    end: () => end,
    async stop(graceMs) {
      const takes = what.stopsAfterMs ?? 0;
      if (takes === 0) finish(0);
      else setTimeout(() => finish(takes > graceMs ? 137 : 0), Math.min(takes, graceMs));
      return done.promise;
    },
    async kill() {
      finish(137);
      return done.promise;
    },
    signal: () => undefined,
  };
}

function neverStarted(base: Pick<ContainerRun, 'id' | 'attempt' | 'startedAt'>, message: string): ContainerRun {
  const end: ContainerEnd = { at: new Date(), exitCode: 128, reason: 'StartError', message };
  return {
    ...base,
    pid: undefined,
    ended: Promise.resolve(end),
    end: () => end,
    stop: () => Promise.resolve(end),
    kill: () => Promise.resolve(end),
    signal: () => undefined,
  };
}

/** A container whose program is not there: a run that ended at once. */
export function runMissing(command: string, attempt: number): ContainerRun {
  const base = { id: containerId(), attempt, startedAt: new Date() };
  return neverStarted(base, `${CREATE_FAILED}: ${notInContainer(command)}`);
}

/** The words of containerd and runc for a program that is not in the container. */
export function notInContainer(command: string): string {
  const why = command.includes('/')
    ? `stat ${command}: no such file or directory`
    : 'executable file not found in $PATH';
  return `unable to start container process: exec: "${command}": ${why}: unknown`;
}

function startProblem(command: string, error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const what = words.includes('no such program') ? notInContainer(command) : words;
  return `${CREATE_FAILED}: ${what}`;
}

function containerId(): string {
  return `containerd://${randomBytes(32).toString('hex')}`;
}
