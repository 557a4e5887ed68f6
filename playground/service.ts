import { freePort } from './ports.ts';
import { type ProcessEnd, type RunningProcess, startProcess } from './processes.ts';
import { waitFor } from './waiting.ts';

/** One of Drydock's own processes to start. */
export interface ServiceOptions {
  /** `bot`, `worker` or `all`: the argument of `src/app/main.ts`, also its name. */
  readonly role: string;
  /** Folder of the repository. */
  readonly repository: string;
  /** Complete environment but `PORT`, which is chosen. */
  readonly env: NodeJS.ProcessEnv;
  readonly removeWhenOrphaned?: readonly string[];
  readonly onLine?: (line: string) => void;
}

/** A bot or worker as a process of its own, as an installation runs it. */
export interface Service {
  readonly role: string;
  /** `http://127.0.0.1:PORT`; stays the same over restarts. */
  readonly address: string;
  /** Process id; undefined while it is down. */
  pid(): number | undefined;
  /** Settles when the process that runs now has ended. */
  ended(): Promise<ProcessEnd>;
  /** Last lines it wrote. */
  output(): string;
  /** SIGSTOP. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM, after `graceMs` (default 30 s) SIGKILL. */
  stop(graceMs?: number): Promise<void>;
  /** Starts it again after kill or stop and waits until it is ready. */
  start(): Promise<void>;
}

/**
 * Starts `node src/app/main.ts <role>` and waits until `/readyz` answers 200.
 *
 * @throws Error with the last output when it ends or is not ready in 60 s.
 */
export async function startService(options: ServiceOptions, tries = 3): Promise<Service> {
  const port = await freePort();
  try {
    return control(options, port, await launch(options, port));
  } catch (error) {
    const clash = error instanceof Error && error.message.includes('EADDRINUSE');
    if (!clash || tries <= 1) throw error;
    return startService(options, tries - 1);
  }
}

function control(options: ServiceOptions, port: number, first: RunningProcess): Service {
  let process = first;
  return {
    role: options.role,
    address: `http://127.0.0.1:${port}`,
    pid: () => (process.end() === undefined ? process.pid : undefined),
    ended: () => process.ended,
    output: () => process.output(),
    pause: () => process.signal('SIGSTOP'),
    resume: () => process.signal('SIGCONT'),
    async kill() {
      await process.kill();
    },
    async stop(graceMs = 30_000) {
      await process.stop(graceMs);
    },
    async start() {
      if (process.end() !== undefined) process = await launch(options, port);
    },
  };
}

async function launch(options: ServiceOptions, port: number): Promise<RunningProcess> {
  const { onLine } = options;
  const started = await startProcess({
    name: options.role,
    command: process.execPath,
    args: ['src/app/main.ts', options.role],
    cwd: options.repository,
    env: { ...options.env, PORT: String(port) },
    ...(options.removeWhenOrphaned === undefined ? {} : { removeWhenOrphaned: options.removeWhenOrphaned }),
    ...(onLine === undefined ? {} : { onLine }),
  });
  let last = 'nothing';
  async function isReady(): Promise<boolean> {
    const end = started.end();
    if (end !== undefined) throw new Error(`the ${options.role} ended with ${end.code ?? end.signal}`);
    const answer = await askReady(port);
    last = answer.body;
    return answer.ok;
  }
  try {
    await waitFor(`the ${options.role} to be ready`, isReady, { timeoutMs: 60_000, everyMs: 100 });
    return started;
  } catch (error) {
    await started.kill();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\nlast answer of /readyz: ${last}\n${started.output()}`, { cause: error });
  }
}

async function askReady(port: number): Promise<{ readonly ok: boolean; readonly body: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return { ok: answer.ok, body: await answer.text() };
  } catch (error) {
    return { ok: false, body: String(error) };
  }
}
