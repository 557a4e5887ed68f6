import type {
  EtcdError,
  EtcdErrorCode,
  EtcdMember,
  EtcdPort,
  EtcdResult,
  EtcdSnapshot,
  EtcdSnapshotCall,
  EtcdSnapshotChunk,
} from '../../core/ports/etcd.ts';
import { formatSpan } from '../../core/time.ts';
import { readSnapshotPart } from './answers.ts';
import { type Budget, startBudget } from './budget.ts';
import type { Ring } from './ring.ts';
import type { RpcMethod } from './rpc.ts';
import { followed, NOTHING_YET, progressWords, type SnapshotProgress } from './snapshot-order.ts';
import type { EtcdStream } from './stream.ts';

/** What snapshots are taken with. */
export interface SnapshotParts {
  readonly ring: Pick<Ring, 'shown'>;
  readonly method: RpcMethod;
  /** Aborted when the port is closed. */
  readonly closing: AbortSignal;
}

/** One snapshot that is asked for. */
export interface SnapshotRequest {
  readonly member: EtcdMember;
  /** For instance `Snapshot of member m-1 (8e9e05c52164694d)`. */
  readonly what: string;
  readonly write: Parameters<EtcdPort['snapshot']>[1];
  readonly call: EtcdSnapshotCall;
}

/** Streams a snapshot of one member. See `EtcdPort.snapshot`. */
export async function takeSnapshot(
  { ring, method, closing }: SnapshotParts,
  { member, what, write, call }: SnapshotRequest,
): Promise<EtcdResult<EtcdSnapshot>> {
  const budget = startBudget(call, closing);
  const shown = await ring.shown(member, what, budget);
  if (!shown.ok) return shown;
  const channel = shown.value;
  const seen = channel.identity();
  // Answers of a stream do not tell who gives them: it has to be the connection on which the member was seen.
  if (seen === null)
    return failed('incomplete', `${what} at ${channel.address.url}: who answers cannot be seen`, NOTHING_YET);
  const stream = channel.stream({ method, body: {}, what, readOnly: true }, budget);
  try {
    const where = `${what} at ${channel.address.url}`;
    return await receive({ stream, where, write, sameConnection: () => channel.identity() === seen, call }, budget);
  } finally {
    stream.end();
  }
}

interface Receiving {
  readonly stream: EtcdStream;
  readonly where: string;
  readonly write: SnapshotRequest['write'];
  readonly sameConnection: () => boolean;
  readonly call: EtcdSnapshotCall;
}

async function receive(receiving: Receiving, budget: Budget): Promise<EtcdResult<EtcdSnapshot>> {
  const { stream, where, write, sameConnection, call } = receiving;
  const over = AbortSignal.any([budget.signal, AbortSignal.timeout(Math.max(1, Math.round(budget.remainingMs())))]);
  const taken = takenBefore(over, write);
  let progress = NOTHING_YET;
  let lastMs = performance.now();
  for (;;) {
    const leftMs = lastMs + call.stallMs - performance.now();
    const next = leftMs > 0 ? await stream.next(leftMs) : 'late';
    if (next === 'late')
      return failed('stalled', `${where}: no further bytes for ${formatSpan(call.stallMs)}`, progress);
    if (!next.ok && next.error.code === 'unknown-outcome' && budget.remainingMs() === 0)
      return givenUp(budget, where, call, progress);
    if (!next.ok) return { ok: false, error: brokenOff(next.error, progress) };
    if (next.value === null) {
      if (progress.whole) return { ok: true, value: { sizeBytes: progress.sizeBytes } };
      return failed('incomplete', `${where}: the member ended it before it was whole`, progress);
    }
    const part = readSnapshotPart(next.value);
    if (progress.sizeBytes === 0 && !sameConnection())
      return failed('incomplete', `${where}: the connection was lost and made anew, maybe to another member`, progress);
    const now = followed(progress, part);
    if (typeof now === 'string') return failed('incomplete', `${where}: not in order: ${now}`, progress);
    if (now === progress) continue;
    progress = now;
    if (!(await taken(part))) return givenUp(budget, where, call, progress);
    lastMs = performance.now();
  }
}

/**
 * Gives the caller one chunk after the other; whether he took it before the signal. One listener for all, and no promise outlives its chunk: there
 * are 32,768 in 1 GiB.
 */
function takenBefore(
  over: AbortSignal,
  write: SnapshotRequest['write'],
): (part: EtcdSnapshotChunk) => Promise<boolean> {
  let stop: (() => void) | null = null;
  over.addEventListener('abort', () => stop?.(), { once: true });
  return async (part) => {
    if (over.aborted) return false;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    stop = () => resolve(false);
    write(part).then(() => resolve(true), reject);
    return await promise;
  };
}

function givenUp(budget: Budget, where: string, call: EtcdSnapshotCall, progress: SnapshotProgress) {
  if (budget.signal.aborted)
    return { ok: false, error: { code: 'cancelled', message: `${where}: cancelled` } } as const;
  return failed('incomplete', `${where}: not whole within ${formatSpan(call.timeoutMs)}`, progress);
}

/** Nothing is in doubt after a read that broke off: it is not whole. */
function brokenOff(error: EtcdError, progress: SnapshotProgress): EtcdError {
  const code = error.code === 'unknown-outcome' ? 'incomplete' : error.code;
  if (code === 'cancelled') return error;
  return { ...error, code, message: `${error.message}; ${progressWords(progress)}` };
}

function failed(code: EtcdErrorCode, message: string, progress: SnapshotProgress): EtcdResult<never> {
  return { ok: false, error: { code, message: `${message}; ${progressWords(progress)}` } };
}
