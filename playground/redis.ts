import { connect } from 'node:net';
import { makeTemporaryDirectory, removeDirectory } from './directories.ts';
import { freePort } from './ports.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { waitFor } from './waiting.ts';

/** All optional. */
export interface RedisOptions {
  /** Default `redis-server`, found in PATH. */
  readonly binary?: string;
  /** Further arguments; a later one wins, for example `['--appendfsync', 'everysec']`. */
  readonly args?: readonly string[];
}

/** A real redis-server of its own: own port, own directory. */
export interface PlaygroundRedis {
  /** For `REDIS_URL`. Stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Process id of the running server. */
  pid(): number;
  /** Freezes the server (SIGSTOP). */
  pause(): void;
  /** Lets a frozen server go on (SIGCONT). */
  resume(): void;
  /** SIGKILL; the data stay for {@link PlaygroundRedis.start}. */
  kill(): Promise<void>;
  /** Orderly stop; the data stay for {@link PlaygroundRedis.start}. */
  halt(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Stops it and deletes its data. */
  stop(): Promise<void>;
}

/**
 * Starts redis-server as Drydock requires it: append-only file, `appendfsync always`, `noeviction`. Resolves when it
 * answers PING.
 *
 * @throws Error with the server's output when it does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<PlaygroundRedis> {
  const directory = await makeTemporaryDirectory('redis');
  try {
    const { port, server } = await launchOnFreePort(directory, options);
    return control(directory, port, server, options);
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

function control(directory: string, port: number, first: RunningProcess, options: RedisOptions): PlaygroundRedis {
  let server = first;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    directory,
    pid: () => server.pid,
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async kill() {
      await server.kill();
    },
    async halt() {
      await server.stop();
    },
    async start() {
      if (server.end() === undefined) return;
      server = await launch(directory, port, options);
    },
    async stop() {
      await server.stop();
      await removeDirectory(directory);
    },
  };
}

async function launchOnFreePort(
  directory: string,
  options: RedisOptions,
  tries = 5,
): Promise<{ readonly port: number; readonly server: RunningProcess }> {
  const port = await freePort();
  try {
    return { port, server: await launch(directory, port, options) };
  } catch (error) {
    if (tries <= 1 || !(error instanceof PortTaken)) throw error;
    return launchOnFreePort(directory, options, tries - 1);
  }
}

class PortTaken extends Error {}

async function launch(directory: string, port: number, options: RedisOptions): Promise<RunningProcess> {
  const server = await startProcess({
    name: 'redis',
    command: options.binary ?? 'redis-server',
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--daemonize',
      'no',
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      '--maxmemory-policy',
      'noeviction',
      ...(options.args ?? []),
    ],
    removeWhenOrphaned: [directory],
  });
  try {
    await waitFor(`redis on port ${port}`, async () => {
      if (server.end() === undefined) return answersPing(port);
      if (server.output().includes('Address already in use')) throw new PortTaken();
      throw new Error(`redis ended at once:\n${server.output()}`);
    });
  } catch (error) {
    await server.kill();
    throw error;
  }
  return server;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 }, () => socket.write('PING\r\n'));
    function settle(answer: boolean): void {
      socket.destroy();
      resolve(answer);
    }
    socket.once('data', (data) => settle(data.toString('latin1').startsWith('+PONG')));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
