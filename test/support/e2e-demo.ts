import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFailed, onTestFinished } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { snapFolder, type TurnLog, watchTurns } from './e2e-turns.ts';
import { ROOT } from './repository.ts';

/** The demo as a person starts it, in a temporary directory of its own. */
export interface Demo {
  readonly pid: number;
  /** The transcript so far. */
  stdout(): string;
  /** Everything else so far. */
  stderr(): string;
  /** What a person types. */
  readonly stdin: Writable;
  /** Settles with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Waits until the ring has data folders, and watches them. */
  watchTurns(): Promise<TurnLog>;
  /** Bytes of each member's database file now; empty when the ring is gone. */
  sizes(): Readonly<Record<string, number>>;
  /** What it left: processes that were started by it, and files. */
  leftovers(): readonly string[];
}

const MEMBERS = ['cp-1', 'cp-2', 'cp-3'];
/** How long what is said last is waited for, ms. */
const LAST_WORDS_MS = 2000;

/** Starts `npm run demo -- ARGS` (`npm`), or the same program directly (`node`), which is quicker. */
export async function startDemo(args: readonly string[], how: 'npm' | 'node' = 'node'): Promise<Demo> {
  const place = await mkdtemp(join(tmpdir(), 'demo-test-'));
  const [command, words] =
    how === 'npm'
      ? ['npm', ['run', '--silent', 'demo', '--', ...args]]
      : [process.execPath, ['playground/demo.ts', ...args]];
  const child = spawn(command, words, {
    cwd: ROOT,
    // A group of its own, as a terminal gives each program, so that Ctrl-C can be tried.
    detached: true,
    env: { ...process.env, TMPDIR: place, LOG_LEVEL: 'info' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const demo = follow(child, place);
  onTestFailed(() => {
    process.stderr.write(`=== transcript ===\n${demo.stdout()}\n=== everything else ===\n${tail(demo.stderr())}\n`);
  });
  onTestFinished(async () => {
    killGroup(child.pid);
    await demo.ended;
    await waitFor('the demo to be gone', () => demo.leftovers().every((each) => each.startsWith('/')));
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  });
  return demo;
}

function follow(child: ChildProcessByStdio<Writable, Readable, Readable>, place: string): Demo {
  const { pid } = child;
  if (pid === undefined) throw new Error('the demo could not be started');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += String(data)));
  child.stderr.on('data', (data) => (stderr += String(data)));
  child.stdin.on('error', () => undefined);
  return {
    pid,
    stdin: child.stdin,
    stdout: () => stdout,
    stderr: () => stderr,
    ended: endOf(child),
    watchTurns: async () => {
      const members = await waitFor('the folders of the ring', () => foldersOf(place), {
        timeoutMs: 60_000,
        everyMs: 20,
      });
      return watchTurns(members);
    },
    sizes: () => sizesIn(place),
    leftovers: () => [...processesWith(`TMPDIR=${place}`), ...filesIn(place)],
  };
}

async function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number | NodeJS.Signals> {
  const closed = once(child, 'close');
  await once(child, 'exit');
  // What it said last may still be on its way. A process of its own that lives on holds its output open: that is not waited for.
  await Promise.race([closed, delay(LAST_WORDS_MS, undefined, { ref: false })]);
  return child.exitCode ?? child.signalCode ?? 'SIGKILL';
}

/** Ends the demo's whole group at once; its servers end by their tethers. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Where the control-plane nodes of `prod` have their data; undefined while one of them has none. */
function foldersOf(place: string): readonly { readonly name: string; readonly dataDirectory: string }[] | undefined {
  const cluster = readdirSync(place).find((name) => name.startsWith('drydock-kubernetes-'));
  if (cluster === undefined) return undefined;
  const members = MEMBERS.map((name) => ({
    name,
    dataDirectory: join(place, cluster, 'nodes', name, 'rootfs/var/lib/etcd'),
  }));
  return members.every(({ dataDirectory }) => existsSync(join(snapFolder(dataDirectory), 'db'))) ? members : undefined;
}

function sizesIn(place: string): Readonly<Record<string, number>> {
  try {
    const members = foldersOf(place) ?? [];
    return Object.fromEntries(
      members.map(({ name, dataDirectory }) => [name, statSync(join(snapFolder(dataDirectory), 'db')).size]),
    );
  } catch {
    // The demo deletes its data while it stops.
    return {};
  }
}

/** Processes of this machine whose environment has the line, with their command lines. */
function processesWith(line: string): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const found = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(line);
      return found ? [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : [];
    } catch {
      // It ended while we looked, or belongs to somebody else.
      return [];
    }
  });
}

/** Folders of the playground that are left; caches of Node and npm are not its own. */
function filesIn(place: string): readonly string[] {
  return readdirSync(place)
    .filter((name) => name.startsWith('drydock-'))
    .map((name) => join(place, name));
}

function tail(text: string): string {
  return text.split('\n').slice(-80).join('\n');
}
