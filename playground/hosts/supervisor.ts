import { type ProcessEnd, type RunningProcess, startProcess } from '../processes.ts';

/** How the service is kept running. */
export interface SupervisorOptions {
  readonly name: string;
  /** Pause between an end and the next start (`RestartSec=`), ms. */
  readonly restartMs: number;
  /** The program of the next start. Read at each start, as systemd reads its files. */
  readonly order: () => { readonly command: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };
  readonly cwd: string;
  readonly removeWhenOrphaned: readonly string[];
}

/** The state of the service in systemd's words. */
export interface ServiceStatus {
  readonly active: 'active' | 'inactive' | 'activating' | 'deactivating' | 'failed';
  readonly sub: 'running' | 'dead' | 'start' | 'auto-restart' | 'stop-sigterm' | 'failed';
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly result: 'success' | 'exit-code' | 'signal' | 'resources';
  /** Exit code or signal of the last process. */
  readonly exitStatus: number;
}

/**
 * One service under a small stand-in of systemd: `Restart=always` with a fixed pause and without a limit. What it does and what it says
 * follow systemd's states; dependencies, readiness and everything else are left out.
 */
export interface Supervisor {
  status(): ServiceStatus;
  /** The last lines of the service and of the supervisor about it. */
  log(): readonly string[];
  /** Whether the service starts with the machine: `systemctl enable` and `disable`. */
  startsWithMachine: boolean;
  /** As `systemctl start`; does nothing while it runs. Resolves when the start was tried. */
  start(): Promise<void>;
  /** As `systemctl stop`: SIGTERM, after 10 s SIGKILL. Resolves when there is no process. */
  stop(): Promise<void>;
  /** SIGKILL to the process alone: the supervisor starts it again. */
  kill(): Promise<void>;
  /** SIGKILL, and no further start: what a machine that loses its power does. */
  cut(): Promise<void>;
  /** SIGSTOP or SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

const KEPT_LINES = 500;
const STOP_GRACE_MS = 10_000;
/** Number of SIGKILL. */
const KILLED = 9;

/** A supervisor whose service is stopped. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const unit = new Unit(options);
  return {
    startsWithMachine: true,
    status: () => unit.status,
    log: () => unit.log,
    start: () => unit.inTurn(() => unit.start()),
    stop: () => unit.inTurn(() => unit.end((running) => running.stop(STOP_GRACE_MS))),
    kill: async () => void (await unit.process?.kill()),
    cut: () => unit.inTurn(() => unit.end((running) => running.kill())),
    signal: (signal) => unit.process?.signal(signal),
  };
}

const STOPPED: ServiceStatus = {
  active: 'inactive',
  sub: 'dead',
  pid: undefined,
  restarts: 0,
  result: 'success',
  exitStatus: 0,
};

class Unit {
  readonly log: string[] = [];
  status: ServiceStatus = STOPPED;
  process: RunningProcess | undefined;
  private readonly options: SupervisorOptions;
  private timer: NodeJS.Timeout | undefined;
  /** Whether the service is meant to run. */
  private wanted = false;
  private turn: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  /** One after the other: a start must not meet a stop half-way. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  async start(): Promise<void> {
    if (this.process !== undefined) return;
    clearTimeout(this.timer);
    this.wanted = true;
    this.status = STOPPED;
    await this.launch();
  }

  async end(how: (running: RunningProcess) => Promise<unknown>): Promise<void> {
    this.wanted = false;
    clearTimeout(this.timer);
    const running = this.process;
    if (running !== undefined) {
      this.set({ active: 'deactivating', sub: 'stop-sigterm' });
      await how(running);
    }
    this.process = undefined;
    this.set({ active: 'inactive', sub: 'dead', pid: undefined });
  }

  private async launch(): Promise<void> {
    if (!this.wanted || this.process !== undefined) return;
    const { name, order, cwd, removeWhenOrphaned } = this.options;
    this.set({ active: 'activating', sub: 'start' });
    try {
      const started = await startProcess({
        name,
        ...order(),
        cwd,
        removeWhenOrphaned,
        onLine: (line) => this.say(line),
      });
      this.process = started;
      this.set({ active: 'active', sub: 'running', pid: started.pid });
      void started.ended.then((end) => this.hasEnded(started, end));
    } catch (error) {
      this.say(`${name}.service: Failed to start: ${error instanceof Error ? error.message : String(error)}`);
      this.set({ active: 'failed', sub: 'failed', pid: undefined, result: 'resources' });
    }
  }

  private hasEnded(ended: RunningProcess, { code, signal }: ProcessEnd): void {
    if (this.process !== ended) return;
    this.process = undefined;
    const words = code === null ? `code=killed, status=${signal}` : `code=exited, status=${code}`;
    this.say(`${this.options.name}.service: Main process exited, ${words}`);
    const result = code === 0 ? 'success' : code === null ? 'signal' : 'exit-code';
    this.set({ pid: undefined, exitStatus: code ?? KILLED, result: this.wanted ? result : 'success' });
    if (!this.wanted) return this.set({ active: 'inactive', sub: 'dead' });
    this.set({ active: 'activating', sub: 'auto-restart' });
    this.timer = setTimeout(() => void this.inTurn(() => this.again()), this.options.restartMs);
  }

  private async again(): Promise<void> {
    if (!this.wanted || this.process !== undefined) return;
    this.set({ restarts: this.status.restarts + 1 });
    await this.launch();
  }

  private set(some: Partial<ServiceStatus>): void {
    this.status = { ...this.status, ...some };
  }

  private say(line: string): void {
    this.log.push(line);
    if (this.log.length > KEPT_LINES) this.log.shift();
  }
}
