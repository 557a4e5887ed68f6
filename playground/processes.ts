import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** How a process ended: exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What to run. Everything but `name` and `command` is optional. */
export interface ProcessOptions {
  /** Name used in errors, for example `redis` or `m-1`. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Complete environment; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Directories to delete when this process dies without stopping the program first. */
  readonly removeWhenOrphaned?: readonly string[];
  /** Called for each line of output. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** A program that cannot outlive this process, whatever ends this process. */
export interface RunningProcess {
  readonly name: string;
  /** Process id of the program itself. */
  readonly pid: number;
  /** Settles when the program has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** How it ended; undefined while it runs. */
  end(): ProcessEnd | undefined;
  /** The last output (both streams, at most 500 lines). */
  output(): string;
  /** Sends a signal to the program; does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, after `graceMs` (default 5000) SIGKILL. A frozen program is woken first. */
  stop(graceMs?: number): Promise<ProcessEnd>;
  /** SIGKILL. */
  kill(): Promise<ProcessEnd>;
}

const TETHER = fileURLToPath(new URL('./tether.ts', import.meta.url));
const KEPT_LINES = 500;

const Report = z.union([
  z.object({ pid: z.number().int() }),
  z.object({ error: z.string() }),
  z.object({ code: z.number().int().nullable(), signal: z.string().nullable() }),
]);

/**
 * Starts a program through a tether: a small supervisor that kills the program's process group when this process ends,
 * also when it ends by SIGKILL. Resolves when the program has a process id.
 *
 * @throws Error when the program cannot be started, for example because it is not installed.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const line = JSON.stringify({
    command: options.command,
    args: options.args ?? [],
    cwd: options.cwd,
    remove: options.removeWhenOrphaned ?? [],
  });
  const tether = spawn(process.execPath, [TETHER, line], {
    detached: true,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  // Writing to a tether that just ended is no failure of ours.
  tether.stdin.on('error', () => undefined);
  const kept: string[] = [];
  keepLines(tether.stdout, 'stdout', kept, options.onLine);
  keepLines(tether.stderr, 'stderr', kept, options.onLine);

  let end: ProcessEnd | undefined;
  const started = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<ProcessEnd>();
  const reports = tether.stdio[3];
  if (reports === null || reports === undefined || !('read' in reports))
    throw new Error('the tether has no report pipe');
  createInterface({ input: reports }).on('line', (text) => {
    const report = Report.parse(JSON.parse(text));
    if ('pid' in report) started.resolve(report.pid);
    else if ('error' in report)
      started.reject(new Error(`${options.name}: cannot start ${options.command}: ${report.error}`));
    else end = report;
  });
  tether.on('error', (error) => started.reject(error));
  // 'close' comes after all output was read, so output() is complete once `ended` settles.
  tether.on('close', (code, signal) => {
    end ??= { code, signal };
    started.reject(new Error(`${options.name} ended before it started:\n${kept.join('\n')}`));
    ended.resolve(end);
  });
  const pid = await started.promise;
  return control({ name: options.name, pid, ended: ended.promise, end: () => end, output: () => kept.join('\n') });
}

function control(base: Pick<RunningProcess, 'name' | 'pid' | 'ended' | 'end' | 'output'>): RunningProcess {
  function signal(name: NodeJS.Signals): void {
    if (base.end() !== undefined) return;
    try {
      process.kill(base.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
  async function kill(): Promise<ProcessEnd> {
    signal('SIGKILL');
    return base.ended;
  }
  async function stop(graceMs = 5_000): Promise<ProcessEnd> {
    signal('SIGCONT');
    signal('SIGTERM');
    const timer = setTimeout(() => signal('SIGKILL'), graceMs);
    try {
      return await base.ended;
    } finally {
      clearTimeout(timer);
    }
  }
  return { ...base, signal, kill, stop };
}

function keepLines(
  stream: Readable,
  name: 'stdout' | 'stderr',
  kept: string[],
  onLine: ProcessOptions['onLine'],
): void {
  createInterface({ input: stream }).on('line', (line) => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    onLine?.(line, name);
  });
}
