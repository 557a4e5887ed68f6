import type { AuditEntry } from '../../src/core/audit.ts';
import { type LockEntry, locksConflict } from '../../src/core/lock.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import { heldLocks, type RunMemory, writeAudit } from './run-store-memory.ts';

/** Takes a lock by hand. */
export function lockInMemory(
  memory: RunMemory,
  lock: LockEntry,
  audit: readonly AuditEntry[],
): Awaited<ReturnType<RunStore['lockByHand']>> {
  const held = heldLocks(memory).find((each) => locksConflict(each.name, lock.name));
  if (held !== undefined) return { kind: 'lock-held', lock: held };
  memory.locks.set(lock.name, JSON.stringify(lock));
  writeAudit(memory, audit);
  return { kind: 'ok' };
}

/** Removes a lock by hand if it is the one that was shown. */
export function unlockInMemory(
  memory: RunMemory,
  name: string,
  mark: string,
  audit: readonly AuditEntry[],
): Awaited<ReturnType<RunStore['unlockByHand']>> {
  const lock = heldLocks(memory).find((each) => each.name === name) ?? null;
  if (lock?.holder !== 'person' || lock.mark !== mark) return { kind: 'changed', lock };
  memory.locks.delete(name);
  writeAudit(memory, audit);
  return { kind: 'ok' };
}
