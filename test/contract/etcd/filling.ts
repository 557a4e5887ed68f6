import { waitFor } from '../../../playground/waiting.ts';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { CALL, membersOf, ok } from './ring-under-test.ts';

const MIB = 1024 * 1024;

/**
 * Writes `totalMib` values of 1 MiB, deletes all but `keptMib` of them and compacts: every member's file is mostly empty
 * then. Waits until all members have freed the pages, which followers do in their own time.
 */
export async function fragment(port: EtcdPort, totalMib: number, keptMib: number): Promise<void> {
  const value = Buffer.alloc(MIB, 'x');
  let revision = 0n;
  for (let at = 0; at < totalMib; at += 1) revision = ok(await port.put(keyAt(at), value, CALL)).revision;
  for (let at = keptMib; at < totalMib; at += 1) ok(await port.deleteKey(keyAt(at), CALL));
  revision += BigInt(totalMib - keptMib);
  ok(await port.compact(revision, { ...CALL, physical: true }));
  await waitFor('pages freed on all members', async () => {
    // An idle member frees what compaction left over only with its next write.
    ok(await port.put('tick', Buffer.from('x'), CALL));
    const statuses = await Promise.all((await membersOf(port)).map((member) => port.status(member, CALL)));
    return statuses.every((status) => ok(status).dbSizeInUseBytes < (keptMib + 8) * MIB);
  });
}

function keyAt(at: number): string {
  return `fill/${String(at).padStart(4, '0')}`;
}
