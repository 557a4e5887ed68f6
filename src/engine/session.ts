import type { LockEntry } from '../core/lock.ts';
import type { AppendResult, Guard, Lease } from '../core/ports/run-store.ts';
import type { RunEvent, Scratch } from '../core/run-event.ts';
import { foldRun, type RunState } from '../core/run-state.ts';
import { auditOf } from './audit-of.ts';
import { LeaseLost, messageOf, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';

/** What an owner wants to write, made from the state as it is at that moment. `null`: nothing after all. */
export interface OwnerWrite {
  readonly events?: readonly RunEvent[];
  readonly scratch?: Scratch | null;
  readonly takeLocks?: readonly LockEntry[];
  readonly end?: boolean;
  /** As in the store's write. */
  readonly guard?: Guard;
}

/** Answer of a write: written, declined by the builder, a lock stood in the way, or what it relies on has changed. */
export type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'declined' }
  | { readonly kind: 'unguarded' }
  | { readonly kind: 'lock-held'; readonly lock: LockEntry };

/** One worker's hold on one run, from claim to park. */
export interface Session {
  readonly lease: Lease;
  /** The run as last read or written. */
  state(): RunState;
  /** Reads the run anew. Throws {@link LeaseLost} also when the store has an older record than it had. */
  refresh(): Promise<RunState>;
  /** Writes what `build` makes of the newest state; on a stale version re-reads and builds again. Throws {@link LeaseLost}. */
  write(build: (state: RunState) => OwnerWrite | null): Promise<Written>;
  /** Asks another store with the patience of this one. Throws {@link LeaseLost} or {@link StoreUnreachable}. */
  ask<T>(call: () => Promise<T>): Promise<T>;
  /** Makes sure that enough of the lease is left for a destructive call, or throws {@link LeaseLost}. */
  assertMargin(): Promise<void>;
  /** Fires when the lease is lost. */
  readonly lost: AbortSignal;
  /** Stops renewing. */
  close(): void;
}

interface Hold {
  readonly deps: EngineDeps;
  readonly lease: Lease;
  readonly lost: AbortController;
  /** Until when the lease stands by our own clock, counted from when we asked. */
  deadlineMs: number;
  state: RunState;
}

/** Opens a session on a granted lease and keeps renewing it. */
export async function openSession(deps: EngineDeps, lease: Lease): Promise<Session> {
  const closed = new AbortController();
  const state = await readState(deps, lease.runId);
  const hold: Hold = {
    deps: { ...deps, log: deps.log.with({ cluster: state.request?.cluster ?? '' }) },
    lease,
    lost: new AbortController(),
    deadlineMs: deps.clock.nowMs() + deps.settings.leaseMs,
    state,
  };
  void keepRenewing(hold, closed.signal);
  void guardDeadline(hold, closed.signal);
  return {
    lease,
    lost: hold.lost.signal,
    state: () => hold.state,
    refresh: async () => await refresh(hold),
    write: async (build) => await write(hold, build),
    ask: async (call) => await attempt(hold, call),
    assertMargin: async () => await assertMargin(hold),
    close: () => closed.abort(),
  };
}

/** Tries a store call until it answers or the lease would be over. */
async function attempt<T>(hold: Hold, call: () => Promise<T>): Promise<T> {
  const { deps, lost } = hold;
  const giveUpMs = deps.clock.nowMs() + deps.settings.leaseMs;
  for (;;) {
    if (lost.signal.aborted) throw new LeaseLost('the lease is gone');
    try {
      return await call();
    } catch (thrown) {
      if (thrown instanceof LeaseLost) throw thrown;
      // A write whose answer was lost is found by the version: the next try is `stale`, and the builder looks again.
      // Renewals may go on while this one call fails for ever: it must not hold a worker.
      if (deps.clock.nowMs() >= Math.min(hold.deadlineMs, giveUpMs)) throw new StoreUnreachable(messageOf(thrown));
      deps.log.warn('the run store did not answer', { error: messageOf(thrown) });
      await deps.clock.sleep(Math.min(500, deps.settings.leaseMs / 10));
    }
  }
}

async function renew(hold: Hold): Promise<void> {
  const { deps, lease, lost } = hold;
  const askedMs = deps.clock.nowMs();
  const held = await deps.store.renew(lease, deps.settings.leaseMs, askedMs);
  if (held) hold.deadlineMs = askedMs + deps.settings.leaseMs;
  else lost.abort('lease-lost');
}

async function refresh(hold: Hold): Promise<RunState> {
  const seen = hold.state.version;
  const read = await attempt(hold, async () => await readState(hold.deps, hold.lease.runId));
  if (read.version < seen) dropOlder(hold, seen, read.version);
  // Two reads may overtake each other: never go back.
  if (read.version >= hold.state.version) hold.state = read;
  return hold.state;
}

/** The store was put back, or lost writes. What this worker knows is not what stands there: its successor looks at the cluster. */
function dropOlder({ deps, lost }: Hold, seen: number, stored: number): never {
  deps.log.warn(
    'the run store has an older record of the run than before: writes were lost; this worker drops the run',
    {
      seen,
      stored,
    },
  );
  lost.abort('lease-lost');
  throw new LeaseLost('the record is older than it was');
}

async function write(hold: Hold, build: (state: RunState) => OwnerWrite | null): Promise<Written> {
  for (;;) {
    const wanted = build(hold.state);
    if (wanted === null) return { kind: 'declined' };
    const result = await attempt(hold, async () => await append(hold.deps, hold.lease, hold.state, wanted));
    if (result.kind === 'lock-held' || result.kind === 'unguarded') return result;
    if (result.kind === 'lost-lease' || result.kind === 'missing') {
      hold.lost.abort('lease-lost');
      throw new LeaseLost('another worker holds the lease');
    }
    await refresh(hold);
    if (result.kind === 'ok') return { kind: 'written' };
  }
}

async function assertMargin(hold: Hold): Promise<void> {
  const { deps, lease } = hold;
  const left = async (): Promise<number> => await attempt(hold, async () => await deps.store.remaining(lease));
  if ((await left()) >= deps.settings.leaseMarginMs) return;
  await attempt(hold, async () => await renew(hold));
  if ((await left()) < deps.settings.leaseMarginMs)
    throw new LeaseLost('too little of the lease is left for a destructive call');
}

async function readState(deps: EngineDeps, runId: string): Promise<RunState> {
  const record = await deps.store.read(runId);
  if (record === null) throw new LeaseLost('the run is gone');
  return foldRun(record);
}

async function append(deps: EngineDeps, lease: Lease, state: RunState, wanted: OwnerWrite): Promise<AppendResult> {
  const events = wanted.events ?? [];
  const subject = { run: lease.runId, cluster: state.request?.cluster ?? '' };
  return await deps.store.append(lease.runId, {
    writer: { kind: 'owner', lease },
    seen: state.version,
    events,
    audit: events.map((event) => auditOf(subject, event)),
    ...(wanted.scratch === undefined ? {} : { scratch: wanted.scratch }),
    ...(wanted.guard === undefined ? {} : { guard: wanted.guard }),
    ...(wanted.takeLocks === undefined ? {} : { takeLocks: wanted.takeLocks }),
    ...(wanted.end === true ? { end: { keepMs: deps.settings.keepFinishedMs, nowMs: deps.clock.nowMs() } } : {}),
  });
}

/** Fires `lost` when the lease is over by our own clock, however long a renewal hangs. */
async function guardDeadline(hold: Hold, closed: AbortSignal): Promise<void> {
  const { deps, lost } = hold;
  try {
    while (!closed.aborted && !lost.signal.aborted) {
      const leftMs = hold.deadlineMs - deps.clock.nowMs();
      if (leftMs <= 0) lost.abort('lease-lost');
      else await deps.clock.sleep(leftMs, closed);
    }
  } catch {
    // Closed: the session is over.
  }
}

async function keepRenewing(hold: Hold, closed: AbortSignal): Promise<void> {
  const { deps, lost } = hold;
  const intervalMs = deps.settings.leaseMs / 3;
  let waitMs = intervalMs;
  while (!closed.aborted && !lost.signal.aborted) {
    try {
      await deps.clock.sleep(waitMs, closed);
      await renew(hold);
      waitMs = intervalMs;
    } catch (thrown) {
      if (closed.aborted) return;
      deps.log.warn('the lease could not be renewed', { error: messageOf(thrown) });
      if (deps.clock.nowMs() >= hold.deadlineMs) lost.abort('lease-lost');
      waitMs = Math.min(500, deps.settings.leaseMs / 10);
    }
  }
}
