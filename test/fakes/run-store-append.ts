import type { Append, AppendResult } from '../../src/core/ports/run-store.ts';
import {
  findConflict,
  findRun,
  heldLocks,
  heldMs,
  holderOf,
  markChanged,
  type RunMemory,
  type StoredRun,
  writeAudit,
} from './run-store-memory.ts';

/** One write to a run: refused as a whole, or carried out as a whole. */
export function appendToMemory(memory: RunMemory, runId: string, write: Append): AppendResult {
  const run = findRun(memory, runId);
  if (run === undefined) return { kind: 'missing' };
  const { writer } = write;
  if (writer.kind === 'other' && writer.idempotencyKey !== null && run.seen.has(writer.idempotencyKey)) {
    return { kind: 'duplicate' };
  }
  if (writer.kind === 'owner' && (writer.lease.runId !== runId || heldMs(memory, writer.lease) <= 0)) {
    return { kind: 'lost-lease' };
  }
  if (write.seen !== run.version) return { kind: 'stale', version: run.version };
  if (run.finished && (write.takeLocks ?? []).length > 0)
    throw new Error(`run ${runId} is finished: it takes no locks`);
  if (write.guard !== undefined) {
    const { kind, key, revision } = write.guard;
    if ((memory.control.get(`${kind} ${key}`)?.revision ?? null) !== revision) return { kind: 'unguarded' };
  }
  const lock = findConflict(memory, runId, write.takeLocks ?? []);
  if (lock !== null) return { kind: 'lock-held', lock };
  carryOut(memory, run, write);
  return { kind: 'ok', version: run.version };
}

function carryOut(memory: RunMemory, run: StoredRun, write: Append): void {
  run.version += 1;
  run.events.push(...write.events.map((event) => JSON.stringify(event)));
  if (write.scratch !== undefined) run.scratch = write.scratch === null ? null : JSON.stringify(write.scratch);
  if (write.writer.kind === 'other' && write.writer.idempotencyKey !== null) run.seen.add(write.writer.idempotencyKey);
  for (const lock of write.takeLocks ?? []) {
    if (!memory.locks.has(lock.name)) memory.locks.set(lock.name, JSON.stringify(lock));
  }
  writeAudit(memory, write.audit);
  if (write.end !== undefined) finish(memory, run, write.end);
  else if (write.dueMs !== undefined && !run.finished) {
    memory.due.set(run.id, Math.min(memory.due.get(run.id) ?? Number.POSITIVE_INFINITY, write.dueMs));
  }
  markChanged(memory, run.id);
}

function finish(memory: RunMemory, run: StoredRun, end: { readonly keepMs: number; readonly nowMs: number }): void {
  for (const lock of heldLocks(memory)) {
    if (holderOf(memory, lock.name) === run.id) memory.locks.delete(lock.name);
  }
  run.finished = true;
  run.lease = null;
  run.expiresMs = memory.clock.nowMs() + end.keepMs;
  memory.due.delete(run.id);
  memory.finished.set(run.id, end.nowMs + end.keepMs);
}
