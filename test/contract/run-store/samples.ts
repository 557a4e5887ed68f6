import type { AuditEntry } from '../../../src/core/audit.ts';
import type { LockEntry } from '../../../src/core/lock.ts';
import type { Append, Lease, NewRun, RunStore } from '../../../src/core/ports/run-store.ts';
import type { RunEvent } from '../../../src/core/run-event.ts';

/** Time of the callers, in ms: far from that of the stores, so that a mix-up shows. */
export const NOW = 5_000_000;

/** Time to live of leases that are not meant to end in a test. */
export const LONG = 600_000;

/** An event whose note tells it from others; text in it is awkward on purpose. */
export function event(note: string): RunEvent {
  return {
    v: 1,
    at: '2026-01-01T00:00:00.000Z',
    type: 'cleanup-failed',
    id: 'é"\\\u0000\ud83d 64:9007199254740993',
    note,
  };
}

/** An audit entry whose action tells it from others. */
export function entry(action: string, run: string | null = null): AuditEntry {
  const detail = { empty: {}, list: [], big: 12_345_678_901_234, tiny: 1e-9, text: 'ü / "' };
  return { v: 1, at: '2026-01-01T00:00:00.000Z', action, actor: null, cluster: 'prod', run, reason: null, detail };
}

/** A new run. */
export function newRun(id: string, over: Partial<NewRun> = {}): NewRun {
  return {
    id,
    cluster: 'prod',
    runbook: 'etcd-defrag',
    idempotencyKey: `key-${id}`,
    event: event('first'),
    audit: [entry('request', id)],
    nowMs: NOW,
    ...over,
  };
}

/** A lock of a run. */
export function lock(name: string, runId: string): LockEntry {
  return { name, runId, owner: 'U0OPERATOR', reason: 'etcd-defrag', since: '2026-01-01T00:00:00.000Z' };
}

/** A write of the owner. */
export function owned(lease: Lease, seen: number, over: Partial<Append> = {}): Append {
  return { writer: { kind: 'owner', lease }, seen, events: [event('owner')], audit: [], ...over };
}

/** A write of anybody else. */
export function foreign(key: string | null, seen: number, over: Partial<Append> = {}): Append {
  return { writer: { kind: 'other', idempotencyKey: key }, seen, events: [event(`other ${key}`)], audit: [], ...over };
}

/** Creates a run and claims it. */
export async function claimed(runs: RunStore, id: string, worker = 'w-1', ttlMs = LONG): Promise<Lease> {
  await runs.create(newRun(id));
  const lease = await runs.claim(id, worker, ttlMs, NOW);
  if (lease === null) throw new Error(`${id} could not be claimed`);
  return lease;
}

/** Notes of a run's events, oldest first. */
export async function notesOf(runs: RunStore, id: string): Promise<readonly string[]> {
  const record = await runs.read(id);
  return (record?.events ?? []).map((each) =>
    typeof each === 'object' && each !== null && 'note' in each ? String(each.note) : '?',
  );
}

/** Version of a run; 0: missing. */
export async function versionOf(runs: RunStore, id: string): Promise<number> {
  return (await runs.read(id))?.version ?? 0;
}
