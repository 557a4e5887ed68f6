import type { EtcdAlarm, EtcdMember, EtcdMemberList, EtcdResult, EtcdStatus } from '../ports/etcd.ts';

/** What one member answered in one look. Failed calls are kept: they are findings. */
export interface MemberReading {
  readonly member: EtcdMember;
  readonly status: EtcdResult<EtcdStatus>;
  /** The member list as this member itself knows it. */
  readonly view: EtcdResult<EtcdMemberList>;
  /** Whether this member answered a linearizable read, which needs quorum. */
  readonly read: EtcdResult<null>;
  /** It defragments right now; `null`: cannot be seen. */
  readonly defragInflight: boolean | null;
  /** Quota from its metrics, bytes; `null`: cannot be seen or was not asked. */
  readonly quotaBytes: number | null;
  /** Free bytes on its data volume; `null`: cannot be seen or was not asked. */
  readonly freeDiskBytes: number | null;
}

/** One look at a whole ring. */
export interface RingReading {
  readonly list: EtcdResult<EtcdMemberList>;
  /** True: the list is one member's own view, because no list with quorum could be had. For diagnosis only. */
  readonly localList: boolean;
  readonly alarms: EtcdResult<readonly EtcdAlarm[]>;
  readonly members: readonly MemberReading[];
}
