import { type ChildProcess, spawn } from 'node:child_process';

/** How a program ended. */
export interface Ended {
  /** 128 and more: by that signal less 128, as shells say it. */
  readonly code: number;
  readonly stdout: string;
  /** The end of what it wrote to its standard error. */
  readonly stderr: string;
}

/** A program that does not outlive this process. */
export interface Tethered {
  /** How it ended; `null`: it runs. */
  now(): Ended | null;
  /** Resolves when it ended; never rejects. */
  readonly ended: Promise<Ended>;
  /** Kills it and whatever it started, and waits until it is gone. */
  kill(): Promise<void>;
}

/**
 * The shell between: it runs the program, and a watcher that waits for the end of standard input, which comes when this process closes it or
 * dies, of SIGKILL too. Then the program is killed.
 */
const TETHER = `exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ read -r word <&3; kill -KILL $program; } >/dev/null 2>&1 & watcher=$!
wait $program; code=$?
kill -KILL $watcher 2>/dev/null
exit $code`;

/** The same for a folder: it goes when this process does. Its name is no part of the program's text. */
const GUARD = `read -r word
for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" && exit 0; sleep 1; done
exit 1`;

const MOST_OUTPUT = 64 * 1024;

/**
 * Starts a program in that folder, with nothing of this process's environment: that of a worker holds secrets, and etcd would take
 * settings from it.
 */
export function startTethered(command: string, args: readonly string[], folder: string): Tethered {
  return follow(startShell(TETHER, [command, ...args], folder));
}

/** Removes the folder as soon as this process is gone. `kill` ends the watch, without removing anything. */
export function guardFolder(folder: string): Tethered {
  return follow(startShell(GUARD, [folder], '/'));
}

function startShell(script: string, args: readonly string[], folder: string): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script, 'drydock-drill', ...args], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      // For the shell's own rm and sleep.
      PATH: '/usr/bin:/bin',
      // Up to 3.5 etcdctl speaks the old API unless told.
      ETCDCTL_API: '3',
      ...(process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {}),
    },
  });
  child.stdin?.on('error', () => undefined);
  return child;
}

function follow(child: ChildProcess): Tethered {
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  let end: Ended | null = null;
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    if (stdout.length < MOST_OUTPUT) stdout += bytes.toString('utf8');
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString('utf8')).slice(-MOST_OUTPUT);
  });
  function settle(code: number): void {
    end ??= { code, stdout, stderr };
    resolve(end);
  }
  child.once('error', (error) => {
    stderr += error.message;
    settle(127);
  });
  // Not `exit`: the last words may still be in the pipes.
  child.once('close', (code, signal) => settle(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  return {
    now: () => end,
    ended,
    async kill() {
      if (child.pid !== undefined && end === null) killGroup(child.pid);
      await ended;
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
