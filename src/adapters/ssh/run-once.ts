import { constants } from 'node:os';
import { Client, type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import type { HostError, HostErrorCode, HostResult } from '../../core/ports/hosts.ts';
import type { ExecOutcome } from '../../core/ports/kubernetes.ts';
import type { Limits, Stage } from './call-limits.ts';
import { includesKey, type KnownHost } from './known-hosts.ts';

/** Where to, and who. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKey: string;
  readonly known: KnownHost;
}

/** What to run there. */
export interface SshOrder {
  /** One command line for the login shell. */
  readonly command: string;
  readonly stdin: Uint8Array | undefined;
  /** Most bytes of output, both streams together. */
  readonly maxBytes: number;
}

/** After the exit code, output that is still on its way is waited for this long, ms. */
const TRAILING_MS = 2000;

/** A silent connection is asked for a sign of life this often, ms, and given up after three without one. */
const SIGN_OF_LIFE_MS = 10_000;

/** Connects, runs one command, and ends the connection. Never rejects. */
export async function runOnce(target: SshTarget, order: SshOrder, limits: Limits): Promise<HostResult<ExecOutcome>> {
  const client = new Client();
  const { promise, resolve } = Promise.withResolvers<HostResult<ExecOutcome>>();
  let stage: Stage = 'connecting';
  let refusal: string | null = null;
  function fail(code: HostErrorCode, message: string): void {
    resolve({ ok: false, error: { code, message } });
  }
  function lost(error: Error | null): void {
    const over = limits.over(stage);
    if (over !== null) resolve({ ok: false, error: over });
    else if (refusal !== null) fail('key-changed', refusal);
    else if (stage === 'asked') fail('unknown-outcome', `${wordsOf(error)}; it may still be running`);
    else resolve({ ok: false, error: beforeAsking(error, target) });
  }
  const onEnd = (): void => {
    lost(null);
    client.destroy();
  };
  client.on('error', lost);
  client.on('close', () => lost(null));
  // Each of ssh's small packets waits for the answer to the one before it.
  client.on('connect', () => void client.setNoDelay(true));
  client.on('ready', () => {
    if (limits.signal.aborted) return;
    stage = 'asked';
    client.exec(order.command, (error, channel) => {
      if (error === undefined) collect(channel, order, resolve, lost);
      // The server answered, so it started nothing. A lost connection has other words and is told by its own events.
      else if (isRefusal(error)) fail('refused', `the host runs no command: ${error.message}; nothing was run`);
      else lost(error);
    });
  });
  limits.signal.addEventListener('abort', onEnd, { once: true });
  try {
    client.connect(
      connection(target, (words) => {
        refusal = words;
      }),
    );
    return await promise;
  } catch (error) {
    // Settings that ssh2 does not take are thrown before anything is sent.
    const why = error instanceof Error ? wordsOf(error) : 'ssh does not take these settings';
    return { ok: false, error: { code: 'not-configured', message: `${why}; nothing was run` } };
  } finally {
    limits.signal.removeEventListener('abort', onEnd);
    // What the connection says from now on is nobody's concern, but an error without a listener would be thrown.
    client.removeAllListeners('close');
    client.end();
    client.destroy();
  }
}

function connection(target: SshTarget, refuse: (words: string) => void): ConnectConfig {
  const { host, port, user, privateKey, known } = target;
  return {
    host,
    port,
    username: user,
    privateKey,
    // Nothing but the key is tried.
    authHandler: ['publickey'],
    // The call has its own limit.
    readyTimeout: 0,
    keepaliveInterval: SIGN_OF_LIFE_MS,
    algorithms: { serverHostKey: algorithmsOf(known) },
    hostVerifier(shown: Buffer) {
      if (includesKey(known.revoked, shown)) refuse('the host shows a key that is marked as revoked; nothing was run');
      else if (!includesKey(known.keys, shown))
        refuse('the host shows another key than the pinned one: another machine, or one set up anew; nothing was run');
      else return true;
      return false;
    },
  };
}

/** Signatures asked of the host, by the types of the pinned keys: it must not show another key that it has, too. */
const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

function algorithmsOf({ keys }: KnownHost): ServerHostKeyAlgorithm[] {
  const wanted = keys.flatMap(({ type }) => ALGORITHMS[type] ?? []);
  // With none of them the host is asked for all: the pinned key is of a type that is never used, and the verifier refuses.
  return wanted.length === 0 ? Object.values(ALGORITHMS).flat() : [...new Set(wanted)];
}

function collect(
  channel: ClientChannel,
  order: SshOrder,
  resolve: (result: HostResult<ExecOutcome>) => void,
  lost: (error: Error | null) => void,
): void {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let size = 0;
  let exitCode: number | null = null;
  let trailing: NodeJS.Timeout | null = null;
  function finish(): void {
    if (trailing !== null) clearTimeout(trailing);
    if (exitCode === null) lost(new Error('the host ended the session without an exit code'));
    else
      resolve({
        ok: true,
        value: { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) },
      });
  }
  function take(chunks: Buffer[]): (chunk: Buffer) => void {
    return (chunk) => {
      size += chunk.length;
      if (size <= order.maxBytes) chunks.push(chunk);
      else
        resolve({
          ok: false,
          error: {
            code: 'too-large',
            message: `it printed more than ${order.maxBytes} bytes; it may still be running`,
          },
        });
    };
  }
  channel.on('data', take(stdout));
  channel.stderr.on('data', take(stderr));
  channel.on('exit', (code: number | null, signal?: string) => {
    exitCode = code ?? 128 + numberOfSignal(signal ?? '');
    trailing = setTimeout(finish, TRAILING_MS);
  });
  channel.on('close', finish);
  channel.on('error', lost);
  channel.end(order.stdin === undefined ? undefined : Buffer.from(order.stdin));
}

function numberOfSignal(name: string): number {
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return Object.entries(constants.signals).find(([each]) => each === full)?.[1] ?? 0;
}

/** What it means that the connection failed before anything was asked of the host. */
function beforeAsking(error: Error | null, { host, port, user }: SshTarget): HostError {
  if (levelOf(error) === 'client-authentication')
    return { code: 'refused', message: `the host does not accept ${user} with this key; nothing was run` };
  if (error !== null && /no matching host key/i.test(error.message))
    return { code: 'key-changed', message: 'the host has no key of the pinned type any more; nothing was run' };
  const detail = error === null ? '' : ` (${wordsOf(error)})`;
  return { code: 'unreachable', message: `no connection to ${host}, port ${port}${detail}; nothing was run` };
}

function isRefusal(error: Error): boolean {
  return /Unable to exec|Channel open failure/i.test(error.message);
}

/** What ssh2 says of where an error comes from. */
function levelOf(error: Error | null): string {
  return error !== null && 'level' in error && typeof error.level === 'string' ? error.level : '';
}

function wordsOf(error: Error | null): string {
  if (error === null) return 'the connection was lost';
  const text = error.message || error.name;
  return text.replace(/\s+/g, ' ').trim();
}
