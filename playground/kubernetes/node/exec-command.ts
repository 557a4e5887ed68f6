import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Fields } from '../contracts.ts';
import { notInContainer } from './containers.ts';
import { entered } from './paths.ts';
import { rootOf } from './place.ts';
import type { ContainerSpec, Pod } from './pod-spec.ts';
import { kindOf, type ProgramPlace, programOf, viewOf } from './programs.ts';
import { exitStatus, internalError, SUCCESS } from './statuses.ts';

/** What `exec` was asked for. */
export interface ExecRequest {
  readonly argv: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's ends of the streams. Writing resolves when more can be taken; it rejects when the client is gone. */
export interface ExecStreams {
  readonly stdin: Readable;
  stdout(chunk: Uint8Array): Promise<void>;
  stderr(chunk: Uint8Array): Promise<void>;
}

/** Where a command runs. */
export interface ExecTarget {
  readonly where: ProgramPlace;
  readonly pod: Pod;
  readonly container: ContainerSpec;
  /** Settles when the container ends: the command ends with it. */
  readonly ended: Promise<unknown>;
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

/**
 * Runs a command in a container as a real child process and returns the `Status` for the error channel. A client that
 * leaves does not end the command, as with containerd; the end of the container does.
 *
 * There is no terminal: with `tty` both outputs come as one, and nothing else changes.
 */
export async function runCommand(target: ExecTarget, request: ExecRequest, streams: ExecStreams): Promise<Fields> {
  const asked = request.argv[0] ?? '';
  const program = resolveCommand(target, request.argv);
  if (program === undefined) return startFailure(asked);
  const [command, before] =
    SETPRIV === undefined ? [program.command, []] : [SETPRIV, ['--pdeathsig', 'KILL', program.command]];
  const child = spawn(command, [...before, ...program.args], {
    cwd: program.cwd,
    env: program.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const over = ending(child);
  void target.ended.then(() => killGroup(child));
  feed(request.stdin ? streams.stdin : undefined, child.stdin);
  async function output(chunk: Uint8Array): Promise<void> {
    if (request.stdout) await streams.stdout(chunk);
  }
  async function errors(chunk: Uint8Array): Promise<void> {
    if (request.tty) await output(chunk);
    else if (request.stderr) await streams.stderr(chunk);
  }
  const [end] = await Promise.all([over, pour(child.stdout, output), pour(child.stderr, errors)]);
  if (end instanceof Error) return startFailure(asked);
  return end === 0 ? SUCCESS : exitStatus(request.argv, end);
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

function resolveCommand(target: ExecTarget, asked: readonly string[]): Command | undefined {
  const { where, pod, container } = target;
  if (kindOf(pod, container, where.images) === 'simulated') return undefined;
  const outer = viewOf(pod, container, where);
  const { argv, view } = entered(asked, outer, rootOf(where.place));
  mkdirSync(view.root, { recursive: true });
  const program = programOf(pod, container, where, argv, view);
  if (program === undefined) return undefined;
  const env = withEndpoint(program.env, argv, where);
  const cwd = view === outer ? program.cwd : view.root;
  const path = findProgram(program.command, env['PATH'] ?? '', cwd);
  return path === undefined ? undefined : { command: path, args: program.args, cwd, env };
}

/** etcdctl's own default is 127.0.0.1:2379: here that is the node's address. Both flag and variable are an error to it. */
function withEndpoint(env: NodeJS.ProcessEnv, argv: readonly string[], where: ProgramPlace): NodeJS.ProcessEnv {
  const named = argv.some((each) => each === '--endpoints' || each.startsWith('--endpoints='));
  if (!(argv[0] ?? '').endsWith('etcdctl') || named || env['ETCDCTL_ENDPOINTS'] !== undefined) return env;
  return { ...env, ETCDCTL_ENDPOINTS: `${where.place.address}:${where.place.port(2379)}` };
}

function findProgram(command: string, path: string, cwd: string): string | undefined {
  if (command.includes('/')) return existsSync(resolve(cwd, command)) ? resolve(cwd, command) : undefined;
  return path
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find((each) => existsSync(each));
}

function ending(child: ChildProcess): Promise<number | Error> {
  return new Promise((done) => {
    child.once('error', done);
    child.once('close', (code, signal) => done(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
}

function feed(source: Readable | undefined, into: Writable): void {
  into.on('error', () => undefined);
  if (source === undefined) into.end();
  else source.on('error', () => into.end()).pipe(into);
}

/** Reads to the end also when the client is gone, so that the program does not stop at a full pipe. */
async function pour(source: Readable, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  let there = true;
  try {
    for await (const chunk of source) {
      if (there) there = await wrote(write, chunk);
    }
  } catch {
    // The program could not be started; `ending` tells.
  }
}

async function wrote(write: (chunk: Uint8Array) => Promise<void>, chunk: Uint8Array): Promise<boolean> {
  try {
    await write(chunk);
    return true;
  } catch {
    return false;
  }
}

function startFailure(command: string): Fields {
  return internalError(
    `error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: ${notInContainer(command)}`,
  );
}
