import { formatBytes } from '../../src/core/bytes.ts';
import type { Check } from '../../src/core/plan.ts';
import type { VaultFacts, VaultResult } from '../../src/core/ports/backup-vault.ts';

/** Room that a store should have for a database: it goes on growing while it is streamed. */
const ROOM_FACTOR = 1.2;

/**
 * Whether the store takes a snapshot, as far as can be seen without storing anything; none where a store does not tell. Too little room is no
 * obstacle: it may do compressed.
 */
export function roomChecks(
  { place, snapshot }: VaultFacts,
  room: VaultResult<number | null>,
  databaseBytes: number,
): readonly Check[] {
  const id = 'room';
  if (!room.ok)
    return [{ id, verdict: 'block', title: 'Nothing can be stored', evidence: `${place}: ${room.error.message}` }];
  if (room.value === null) return [];
  const needed = Math.ceil(databaseBytes * ROOM_FACTOR);
  const evidence = `${place}: ${formatBytes(room.value)} free, the database has ${formatBytes(databaseBytes)}`;
  if (room.value >= needed) return [{ id, verdict: 'pass', title: 'There is room for the snapshot', evidence }];
  const may = snapshot.compression === 'none' ? '' : '; it is compressed, so it may do all the same';
  return [
    { id, verdict: 'warn', title: 'There may be too little room for the snapshot', evidence: `${evidence}${may}` },
  ];
}
