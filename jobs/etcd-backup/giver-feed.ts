import { z } from 'zod';
import type { RingMember } from '../../src/core/etcd/ring.ts';
import type { FeedEnd } from '../../src/core/ports/backup-vault.ts';
import type { EtcdCall, EtcdPort, EtcdResult } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';

/** No new bytes for so long end a snapshot, ms: etcd may go on sending nothing for ever. */
const STALL_MS = 60_000;
const LEAST_MS = 15 * 60_000;
/** Three times as long as at 10 MB/s. */
const MS_PER_BYTE = 3 / 10_000;
/** So many looks without an answer end a stream. One alone may be a moment's trouble on the way. */
const SILENT_LOOKS = 2;

/** Why a member that was to give a backup did not, as it would end the run. */
export const GiverReason = z.enum(['foreign-operation', 'snapshot-incomplete', 'members-differ']);
export type GiverReason = z.infer<typeof GiverReason>;

/** Why the stream of a member did not come to its end. `why`: without a period. */
export interface GiverTrouble {
  readonly reason: GiverReason;
  readonly why: string;
}

/** What gives the content of a snapshot to the vault, and why it ended before its time; `null`: it did not. */
export interface GiverFeed {
  readonly feed: (write: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal) => Promise<FeedEnd>;
  readonly trouble: () => GiverTrouble | null;
}

/**
 * Streams a member's database, and looks at the member all the while: a defragmentation that somebody begins meanwhile waits for the stream with all
 * locks held, and until the stream ends the member answers nobody. A slow store would hold it up for as long as it likes; so the stream is ended.
 */
export function giverFeed(context: StepContext<'etcd'>, giver: RingMember, databaseBytes: number): GiverFeed {
  const { etcd } = context.ports;
  const timeoutMs = Math.max(LEAST_MS, Math.ceil(databaseBytes * MS_PER_BYTE));
  let trouble: GiverTrouble | null = null;
  async function feed(write: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<FeedEnd> {
    const over = new AbortController();
    const letGo = new AbortController();
    const watching = letGoWhenNeeded();
    async function letGoWhenNeeded(): Promise<void> {
      trouble = await watchGiver(context, giver, AbortSignal.any([signal, over.signal]));
      if (trouble !== null) letGo.abort();
    }
    try {
      const call = { timeoutMs, stallMs: STALL_MS, signal: AbortSignal.any([signal, letGo.signal]) };
      const end = await etcd.snapshot(giver.member, async ({ bytes }) => await write(bytes), call);
      over.abort();
      await watching;
      if (end.ok) return { ok: true };
      trouble ??= { reason: 'snapshot-incomplete', why: `${giver.label} answered: ${end.error.message}` };
      return { ok: false, why: trouble.why };
    } finally {
      over.abort();
    }
  }
  return { feed, trouble: () => trouble };
}

/** Looks once a sample until it is over; answers what speaks for letting the member go. */
async function watchGiver(
  context: StepContext<'etcd'>,
  giver: RingMember,
  over: AbortSignal,
): Promise<GiverTrouble | null> {
  const { etcd } = context.ports;
  const call = { timeoutMs: LOOK_TIMEOUT_MS, signal: over };
  const ended = new Promise<void>((resolve) => {
    over.addEventListener('abort', () => resolve(), { once: true });
  });
  let silent = 0;
  let silentSinceMs = 0;
  while (!over.aborted) {
    // The pause of a worker that is told to stop rejects; then it is over, too.
    await Promise.race([context.pause(context.cluster.defrag.sampleMs).catch(() => undefined), ended]);
    if (isOver(over)) return null;
    const lookedAtMs = context.nowMs();
    // A look that failed by itself says nothing of the member, and must not end what goes on.
    const found = await lookAtGiver(etcd, giver, call).catch(() => 'not-seen' as const);
    if (found === 'defragmented') return beingDefragmented(giver);
    if (isOver(over)) return null;
    if (found === 'not-seen') continue;
    if (found === 'answers') silent = 0;
    else if (silent === 0) silentSinceMs = lookedAtMs;
    silent += found === 'silent' ? 1 : 0;
    if (silent >= SILENT_LOOKS) return silentGiver(giver, context.nowMs() - silentSinceMs);
  }
  return null;
}

/** What one look at it shows. */
async function lookAtGiver(
  etcd: Pick<EtcdPort, 'status' | 'defragInflight'>,
  { member }: RingMember,
  call: EtcdCall,
): Promise<'defragmented' | 'silent' | 'answers'> {
  const answering = etcd.status(member, call);
  // Nobody waits for it when the other question fails first.
  answering.catch(() => undefined);
  const inflight = await etcd.defragInflight(member, call);
  if (inflight.ok && inflight.value === true) return 'defragmented';
  return isSilence(await answering) ? 'silent' : 'answers';
}

/** It changes while something is waited for, which a type does not tell. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** It got the question. A connection that is not there is the stream's own trouble. */
function isSilence(answer: EtcdResult<unknown>): boolean {
  return !answer.ok && answer.error.code === 'unknown-outcome';
}

function beingDefragmented({ label }: RingMember): GiverTrouble {
  const why = `${label} is being defragmented by somebody else, which waits for the end of the stream and lets it answer nobody meanwhile; the stream was ended`;
  return { reason: 'foreign-operation', why };
}

function silentGiver({ label }: RingMember, forMs: number): GiverTrouble {
  const why = `${label} answered nothing for ${formatSpan(forMs)} while its snapshot was streamed, as when somebody begins to defragment it; the stream was ended`;
  return { reason: 'snapshot-incomplete', why };
}
