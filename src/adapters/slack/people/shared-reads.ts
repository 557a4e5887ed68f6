import type { CallUse } from '../../../core/ports/call-budget.ts';
import type { Newness } from '../../../core/ports/people.ts';
import type { Clock } from '../../../core/ports/runtime.ts';
import type { SlackFailure, SlackResult } from '../result.ts';
import { LATE, within } from './within.ts';

/** What reads of one kind need. */
export interface SharedReadsOptions<T> {
  read(key: string, use: CallUse): Promise<SlackResult<T>>;
  readonly clock: Clock;
  /** What a recent read is for; fresh ones are `reserved`. */
  readonly recentUse: CallUse;
  /** Whether answers are kept for those who want a recent one. Without: each recent answer is read. Default true. */
  readonly remember?: boolean;
}

/** Reads of one kind, by key. Nothing throws. */
export type SharedReads<T> = (key: string, newness: Newness) => Promise<SlackResult<T>>;

/** A recent answer is this old at most, ms; while Slack does not answer, so old. */
const RECENT_MS = 60_000;
const BELIEVED_MS = 10 * 60_000;
/** How long whoever wants a recent answer waits for it, and whoever wants a fresh one, ms. */
const RECENT_WAIT_MS = 2000;
const FRESH_WAIT_MS = 8000;
/** How long a read waits for the one before it, ms: a call that hangs must not hold up all votes. */
const TURN_MS = 2000;
/** Pause before a read is repeated that Slack did not answer, ms. */
const AGAIN_MS = 500;
/** Tries of one fresh read. */
const MOST_ATTEMPTS = 3;
/** Answers that are kept; the oldest go. */
const MOST = 5000;

interface Known<T> {
  readonly value: T;
  readonly atMs: number;
  /** Number of the read: a later one began later, whatever the clock says. */
  readonly round: number;
}

interface Memory<T> {
  readonly options: SharedReadsOptions<T>;
  readonly known: Map<string, Known<T>>;
  /** Reads that have not begun: whoever asks now shares them. */
  readonly next: Map<string, Promise<SlackResult<T>>>;
  /** Reads under way: too old for whoever asks now. */
  readonly under: Map<string, Promise<SlackResult<T>>>;
  /** Recent reads that are not answered, which everybody shares. */
  readonly recent: Map<string, Promise<SlackResult<T>>>;
  round: number;
}

const NO_ANSWER: SlackFailure = { kind: 'unavailable', error: 'no answer in time' };

/** Makes reads that nobody has asked for yet. */
export function createSharedReads<T>(options: SharedReadsOptions<T>): SharedReads<T> {
  const memory: Memory<T> = {
    options,
    known: new Map(),
    next: new Map(),
    under: new Map(),
    recent: new Map(),
    round: 0,
  };
  return async (key, newness) => await (newness === 'fresh' ? readFresh(memory, key) : readRecent(memory, key));
}

async function readRecent<T>(memory: Memory<T>, key: string): Promise<SlackResult<T>> {
  const known = younger(memory, key, RECENT_MS);
  if (known !== null) return known;
  const shared = memory.recent.get(key) ?? beginRecent(memory, key);
  const result = await within(memory.options.clock, RECENT_WAIT_MS, shared);
  if (result !== LATE && result.kind === 'ok') return result;
  return younger(memory, key, BELIEVED_MS) ?? (result === LATE ? NO_ANSWER : result);
}

function beginRecent<T>(memory: Memory<T>, key: string): Promise<SlackResult<T>> {
  const read = readOnce(memory, key, memory.options.recentUse).finally(() => memory.recent.delete(key));
  memory.recent.set(key, read);
  return read;
}

/** What is known, if it is not older than this. A clock that was set back makes it too old, never newer. */
function younger<T>(memory: Memory<T>, key: string, mostMs: number): SlackResult<T> | null {
  const known = memory.known.get(key);
  if (known === undefined || memory.options.remember === false) return null;
  const ageMs = memory.options.clock.nowMs() - known.atMs;
  return ageMs >= 0 && ageMs <= mostMs ? { kind: 'ok', value: known.value } : null;
}

async function readFresh<T>(memory: Memory<T>, key: string): Promise<SlackResult<T>> {
  const shared = memory.next.get(key) ?? gather(memory, key);
  const result = await within(memory.options.clock, FRESH_WAIT_MS, shared);
  return result === LATE ? NO_ANSWER : result;
}

function gather<T>(memory: Memory<T>, key: string): Promise<SlackResult<T>> {
  const read = readInTurn(memory, key);
  memory.next.set(key, read);
  return read;
}

async function readInTurn<T>(memory: Memory<T>, key: string): Promise<SlackResult<T>> {
  const { clock } = memory.options;
  let waitedMs = 0;
  for (let attempt = 1; ; attempt += 1) {
    // Whoever asks in this very moment shares the read, and one that is under way ends first.
    const before = memory.under.get(key);
    await (before === undefined ? Promise.resolve() : within(clock, TURN_MS, before));
    const own = memory.next.get(key);
    memory.next.delete(key);
    const read = readOnce(memory, key, 'reserved');
    memory.under.set(key, read);
    const result = await read;
    if (memory.under.get(key) === read) memory.under.delete(key);
    const pauseMs = pauseAfter(result);
    if (pauseMs === null || waitedMs + pauseMs > FRESH_WAIT_MS || attempt === MOST_ATTEMPTS) return result;
    // Nothing was learnt. Whoever asks while this one waits shares the next try, and this one shares theirs.
    const others = memory.next.get(key);
    if (others !== undefined) return await others;
    if (own !== undefined) memory.next.set(key, own);
    await clock.sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

/** How long until it is worth trying again, ms; `null`: it is an answer. */
function pauseAfter(result: SlackResult<unknown>): number | null {
  if (result.kind === 'rate-limited') return result.retryAfterMs;
  return result.kind === 'unavailable' ? AGAIN_MS : null;
}

async function readOnce<T>(memory: Memory<T>, key: string, use: CallUse): Promise<SlackResult<T>> {
  memory.round += 1;
  const { round } = memory;
  const atMs = memory.options.clock.nowMs();
  const result = await memory.options.read(key, use);
  const known = memory.known.get(key);
  if (result.kind === 'ok' && (known === undefined || known.round < round)) {
    memory.known.delete(key);
    memory.known.set(key, { value: result.value, atMs, round });
    const [oldest] = memory.known.keys();
    if (memory.known.size > MOST && oldest !== undefined) memory.known.delete(oldest);
  }
  return result;
}
