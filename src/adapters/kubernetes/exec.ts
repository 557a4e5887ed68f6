import type { WebSocket } from 'ws';
import { z } from 'zod';
import type {
  ExecOutcome,
  KubernetesCall,
  KubernetesPort,
  KubernetesResult,
  PodRef,
} from '../../core/ports/kubernetes.ts';
import type { Session } from './address.ts';
import { type Attributes, describe } from './attributes.ts';
import type { Deadline } from './deadline.ts';
import { framesOf, sendFrame } from './frames.ts';
import { within } from './link.ts';
import { answered, failed, textOf } from './outcome.ts';
import { podAddress, samePod } from './pods.ts';
import { upgrade } from './upgrade.ts';

/** Channels of a WebSocket to `exec`. Source: Kubernetes, subprotocols v4 and v5.channel.k8s.io. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const CLOSE = 255;

const MOST_OUTPUT = 4 << 20;
/** Of long output, only so much of stderr is kept. */
const MOST_STDERR = 1 << 20;
/** After the exit code, output that is still on its way is waited for this long, ms. */
const TRAILING_MS = 2000;
const CHUNK = 32 << 10;

type ExecOptions = KubernetesCall & { readonly container?: string; readonly stdin?: Uint8Array };
type ExecMethods = Pick<KubernetesPort, 'exec' | 'execStream'>;

/** Where output goes. `false` from a sink: more than is taken. */
interface Sink {
  stdout(chunk: Uint8Array): Promise<boolean> | boolean;
  stderr(chunk: Uint8Array): boolean;
}

/** A program and its arguments, from the ms that the call has left. */
type Command = (leftMs: number) => readonly string[];

/** Running programs in containers. */
export function execMethods(session: Session): ExecMethods {
  return {
    exec: (pod, argv, options) => exec(session, pod, typeof argv === 'function' ? argv : () => argv, options),
    execStream: (pod, argv, options, onStdout) => execStream(session, pod, () => argv, options, onStdout),
  };
}

async function exec(
  session: Session,
  pod: PodRef,
  command: Command,
  options: Parameters<KubernetesPort['exec']>[2],
): Promise<KubernetesResult<ExecOutcome>> {
  const most = options.maxBytes ?? MOST_OUTPUT;
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  let size = 0;
  function taker(chunks: Uint8Array[]): (chunk: Uint8Array) => boolean {
    return (chunk) => {
      size += chunk.length;
      chunks.push(chunk);
      return size <= most;
    };
  }
  const end = await run(session, pod, command, options, { stdout: taker(stdout), stderr: taker(stderr) });
  if (!end.ok) return end;
  if (end.value === 'too-large') {
    const text = `${describe(podAddress(pod, 'exec').attributes('get'))}: ${command(0)[0]} printed more than ${most} bytes; it may still be running`;
    return failed('too-large', text);
  }
  return answered({ exitCode: end.value, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
}

async function execStream(
  session: Session,
  pod: PodRef,
  command: Command,
  options: Parameters<KubernetesPort['execStream']>[2],
  onStdout: (chunk: Uint8Array) => Promise<void>,
): Promise<KubernetesResult<{ readonly exitCode: number; readonly stderr: Uint8Array }>> {
  const stderr: Uint8Array[] = [];
  let size = 0;
  const end = await run(session, pod, command, options, {
    async stdout(chunk) {
      await onStdout(chunk);
      return true;
    },
    stderr(chunk) {
      if (size < MOST_STDERR) stderr.push(chunk.subarray(0, MOST_STDERR - size));
      size += chunk.length;
      return true;
    },
  });
  if (!end.ok) return end;
  if (end.value === 'too-large') return failed('too-large', 'the output is too large');
  return answered({ exitCode: end.value, stderr: Buffer.concat(stderr) });
}

async function run(
  session: Session,
  pod: PodRef,
  command: Command,
  options: ExecOptions,
  sink: Sink,
): Promise<KubernetesResult<number | 'too-large'>> {
  if (command(options.timeoutMs).length === 0) return failed('invalid', 'there is no program to run');
  return within(session.link, options, (deadline) => runWithin(session, pod, command, options, sink, deadline));
}

async function runWithin(
  session: Session,
  pod: PodRef,
  command: Command,
  options: ExecOptions,
  sink: Sink,
  deadline: Deadline,
): Promise<KubernetesResult<number | 'too-large'>> {
  const same = await samePod(session, pod, deadline);
  if (!same.ok) return same;
  const address = podAddress(pod, 'exec');
  const { stdin } = options;
  const opened = await upgrade(
    session.link,
    {
      address,
      query: (leftMs) => ({
        command: command(leftMs),
        container: options.container,
        stdin: stdin !== undefined ? true : undefined,
        stdout: true,
        stderr: true,
      }),
      // The end of input can be told in v5 only.
      protocols: stdin === undefined ? ['v5.channel.k8s.io', 'v4.channel.k8s.io'] : ['v5.channel.k8s.io'],
    },
    deadline,
  );
  if (!opened.ok) return opened;
  return converse(opened.value, stdin, sink, deadline, address.attributes('get'), session);
}

async function converse(
  socket: WebSocket,
  stdin: Uint8Array | undefined,
  sink: Sink,
  deadline: Deadline,
  what: Attributes,
  session: Session,
): Promise<KubernetesResult<number | 'too-large'>> {
  function end(): void {
    socket.terminate();
  }
  deadline.signal.addEventListener('abort', end, { once: true });
  if (deadline.signal.aborted) end();
  let trailing: NodeJS.Timeout | null = null;
  let status: string | null = null;
  try {
    if (stdin !== undefined) void feed(socket, stdin);
    for await (const frame of framesOf(socket)) {
      const chunk = frame.subarray(1);
      if (frame[0] === STATUS && status === null) {
        status = chunk.toString('utf8');
        trailing = setTimeout(end, TRAILING_MS);
      } else if (chunk.length > 0 && !(await take(sink, frame[0], chunk))) {
        return answered('too-large' as const);
      }
    }
  } finally {
    if (trailing !== null) clearTimeout(trailing);
    deadline.signal.removeEventListener('abort', end);
    end();
  }
  if (status !== null) return readStatus(status, what, session);
  const over = deadline.over(true);
  const why = over?.message ?? 'the connection was lost before the program ended';
  return failed(over?.code ?? 'unknown-outcome', `${describe(what)}: ${why}; the program may still be running`);
}

async function take(sink: Sink, channel: number | undefined, chunk: Uint8Array): Promise<boolean> {
  if (channel === STDOUT) return sink.stdout(chunk);
  return channel === STDERR ? sink.stderr(chunk) : true;
}

/** Writes the input and its end. If the connection breaks, the reading side notices. */
async function feed(socket: WebSocket, stdin: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < stdin.length; at += CHUNK) await sendFrame(socket, STDIN, stdin.subarray(at, at + CHUNK));
    await sendFrame(socket, CLOSE, Uint8Array.of(STDIN));
  } catch {
    socket.terminate();
  }
}

const Status = z.object({
  status: z.string(),
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional() })
    .nullish(),
});

/**
 * Words of runtimes and kubelets that say that nothing was started. "Permission denied" or "no such file" alone do not: they may be
 * about anything that happened later.
 */
const NOT_STARTED = [
  // runc, crun.
  /OCI runtime exec failed/,
  /exec: "[^"]*": executable file not found/,
  /executable file `[^`]*` not found/,
  /(?:unable to start|starting) container process/,
  // Kubelet.
  /container not found \("/,
  /container (?:is not (?:running|created)|not running)/i,
  /container \S+ not found in pod/,
];

/** The exit code, or why there is none. Channel 3 carries a `Status` at the end. */
function readStatus(text: string, what: Attributes, session: Session): KubernetesResult<number> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return failed('unknown-outcome', `${describe(what)}: the end of the program cannot be read (${textOf(error)})`);
  }
  const parsed = Status.safeParse(raw);
  if (!parsed.success) return failed('unknown-outcome', `${describe(what)}: the end of the program cannot be read`);
  const { status, message, reason, details } = parsed.data;
  if (status === 'Success') return answered(0);
  const code = Number(details?.causes?.find((each) => each.reason === 'ExitCode')?.message);
  if (reason === 'NonZeroExitCode' && Number.isSafeInteger(code)) return answered(code);
  const said = `${describe(what)}: ${session.link.redact(message || reason || 'no exit code')}`;
  return NOT_STARTED.some((words) => words.test(message))
    ? failed('refused', `${said}; nothing was started`)
    : failed('unknown-outcome', said);
}
