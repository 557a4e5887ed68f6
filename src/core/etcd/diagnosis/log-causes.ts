import type { LogCause } from './signs.ts';

/**
 * What etcd writes before it ends, in the versions 3.4 to 3.6.
 *
 * Source: `server/etcdserver` (raft.go, server.go, corrupt.go), `server/storage/wal` and `server/storage/backend` of etcd; errno of Linux.
 */
const TEXTS: readonly (readonly [LogCause, RegExp])[] = [
  ['removed', /has been permanently removed from the cluster|the member has been removed|ignored? removed member/i],
  ['no-space', /no space left on device|file too large|disk quota exceeded/i],
  ['data-inconsistency', /found data inconsistency with peers|checkInitialHashKV failed|data corruption detected/i],
  [
    'damaged-data',
    /crc mismatch|walpb: |wal: (?:max entry size|slice bounds|file not found)|failed to (?:read|open) WAL|unexpected EOF|snap: (?:no available|crc)|freepages: |invalid (?:freelist )?page type|failed to recover v3 backend|failed to open database|file size too small/i,
  ],
  ['certificate', /certificate has expired|x509: certificate .*(?:expired|not yet valid)/i],
  ['other-cluster', /cluster ID mismatch|mismatched? cluster ID|request cluster ID/i],
];

/** Why etcd ended, by the last lines of its log. Nothing of the log itself is handed on: whoever writes to a client can write into it. */
export function causesOf(log: string): readonly LogCause[] {
  return TEXTS.filter(([, text]) => text.test(log)).map(([cause]) => cause);
}
