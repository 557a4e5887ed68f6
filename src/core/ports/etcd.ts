/**
 * One etcd member's id: lower-case hexadecimal without padding, as `etcdctl` prints it (`%x`).
 * Never a number: ids have 64 bits.
 */
export type MemberId = string;

/** One entry of the member list. `name` and `clientUrls` are empty while the member was never started. */
export interface EtcdMember {
  readonly id: MemberId;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** The member list of one ring, as the answering member knows it. */
export interface EtcdMemberList {
  /** Cluster id, hexadecimal like {@link MemberId}. */
  readonly clusterId: string;
  readonly members: readonly EtcdMember[];
}

/** What one member says of itself (`Maintenance/Status`). Sizes in bytes. */
export interface EtcdStatus {
  readonly clusterId: string;
  readonly memberId: MemberId;
  /** Server version, for instance `3.5.16`. */
  readonly version: string;
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  /** Quota in bytes, `null` when the server does not tell (before 3.6). */
  readonly quotaBytes: number | null;
  /** The leader this member follows; `null` when it knows none. */
  readonly leaderId: MemberId | null;
  readonly revision: bigint;
  readonly raftTerm: bigint;
  readonly raftIndex: bigint;
  readonly raftAppliedIndex: bigint;
  readonly isLearner: boolean;
  /** Errors the member reports, for instance `etcdserver: no leader`. */
  readonly errors: readonly string[];
  /** A downgrade is enabled (3.6). */
  readonly downgrading: boolean;
}

/** An active alarm. It acts on the whole ring, whichever member raised it. */
export interface EtcdAlarm {
  readonly memberId: MemberId;
  readonly type: 'NOSPACE' | 'CORRUPT' | 'UNKNOWN';
}

/** Hash of the key-value store of one member at one revision (`Maintenance/HashKV`). */
export interface EtcdHash {
  readonly memberId: MemberId;
  readonly hash: number;
  /** −1 when the store was never compacted. Hashes compare only when this is equal. */
  readonly compactRevision: bigint;
  /** Revision the member was at. */
  readonly revision: bigint;
}

/**
 * Why a call did not give an answer.
 *
 * - `unreachable`: no connection; the request was not sent.
 * - `unknown-outcome`: time-out, lost connection, leader change: it may or may not have happened. Look.
 * - `wrong-member`: another member (or ring) answered at this address; nothing was changed.
 * - `no-space`: refused, the database is over its quota.
 * - `corrupt`: refused, a CORRUPT alarm is active.
 * - `overloaded`: refused, the member lags behind its own log.
 * - `compacted`: the revision is already compacted.
 * - `permission`: etcd itself, which answered, does not allow it to this user.
 * - `access-refused`: whoever guards the way to etcd does not let us in (401 and 403 of the API server, our client certificate);
 *   nothing was sent.
 * - `access-unusable`: the way cannot be used as it is set up (kubeconfig, plug-in, certificates); nothing was sent.
 * - `refused`: the server refused for another definite reason; nothing happened.
 * - `not-available`: this way of access cannot do that; the message says which can.
 * - `stalled`: a stream stood, and brought nothing more for as long as the caller allowed. What came of it is of no use.
 * - `incomplete`: a stream ended before it was whole (connection lost, out of time, not in order). What came of it is of no use.
 * - `cancelled`: the caller's signal ended it; the server may still do it.
 */
export type EtcdErrorCode =
  | 'unreachable'
  | 'unknown-outcome'
  | 'wrong-member'
  | 'no-space'
  | 'corrupt'
  | 'overloaded'
  | 'compacted'
  | 'permission'
  | 'access-refused'
  | 'access-unusable'
  | 'refused'
  | 'not-available'
  | 'stalled'
  | 'incomplete'
  | 'cancelled';

/**
 * Why etcd refused to change its member list. Nothing happened.
 *
 * - `unhealthy-cluster`: a voter is not connected, or not yet for 5 s.
 * - `not-enough-started`: of the voters that there would be, too few were ever started.
 * - `peer-url-exists`: a member with one of these peer URLs is in the list already: by an earlier call of ours, or somebody else's.
 * - `too-many-learners`: it has as many learners as it takes (one, unless it was started otherwise).
 * - `learner-behind`: the learner has less than 90 % of the leader's log, or is not connected.
 * - `not-a-learner`: it is a voter already.
 * - `no-such-member`: no member has this id.
 *
 * Source: `api/v3rpc/rpctypes/error.go` of etcd.
 */
export type EtcdRefusal =
  | 'unhealthy-cluster'
  | 'not-enough-started'
  | 'peer-url-exists'
  | 'too-many-learners'
  | 'learner-behind'
  | 'not-a-learner'
  | 'no-such-member';

/** A failed call: code for decisions, message for people (no secrets, no certificates). */
export interface EtcdError {
  readonly code: EtcdErrorCode;
  readonly message: string;
  /** Present with `refused` when the reason is one of these. */
  readonly refusal?: EtcdRefusal;
  /** Present with `unreachable` when every address refused the connection: no process listens there. */
  readonly refusesConnections?: true;
  /** Present with `unreachable` when the API server, which is the way there, answered in its stead. It says nothing of the member. */
  readonly apiRefused?: true;
}

/** Answer of one call. A failed call is a value; only bugs throw. */
export type EtcdResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: EtcdError };

/** Limits of one call. */
export interface EtcdCall {
  /** Hard limit in milliseconds. Required: no call is without one. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Limits of one snapshot; `timeoutMs` is for the whole of it. */
export interface EtcdSnapshotCall extends EtcdCall {
  /** How long to wait for further bytes, ms. The time that the caller takes for those he has does not count. */
  readonly stallMs: number;
}

/** The next bytes of a snapshot. */
export interface EtcdSnapshotChunk {
  readonly bytes: Uint8Array;
  /** How many of the database are still to come, without the 32 of the hash at the end. */
  readonly remainingBytes: number;
}

/** A snapshot that was streamed whole. */
export interface EtcdSnapshot {
  /** Size of the file: the database, a multiple of 512, and 32 for the hash. */
  readonly sizeBytes: number;
}

/** Answer of a range. */
export interface EtcdRange {
  readonly count: bigint;
  readonly kvs: readonly { readonly key: string; readonly value: Uint8Array }[];
  readonly revision: bigint;
}

/** What a range asks for. Keys are UTF-8 text. */
export interface EtcdRangeRequest {
  readonly key: string;
  /** End of the range, exclusive; omitted: that one key. */
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly countOnly?: boolean;
  readonly keysOnly?: boolean;
  /** True: answered from the member's own data, without quorum. */
  readonly serializable?: boolean;
  /** As it was then; omitted: now. One that was compacted away answers `compacted`. */
  readonly revision?: bigint;
}

/** A member to be added to the list. It joins when a process with these peer URLs is started. */
export interface EtcdAddition {
  readonly peerUrls: readonly string[];
  /** True: it does not vote until it is promoted. */
  readonly learner: boolean;
}

/** How a member sees its connection to another one. */
export interface EtcdPeer {
  readonly id: MemberId;
  /** False: it lost the connection. True may be an old word: a member that took a snapshot may count a peer twice until it is restarted. */
  readonly active: boolean;
  /** Bytes that it received from that peer since its own process began (`etcd_network_peer_received_bytes_total`); absent: not seen. */
  readonly received?: number;
}

/**
 * One etcd ring. Calls that take a `member` go to exactly that member (checked by the id in its answer) and are
 * never retried; the others go to any member that answers.
 *
 * Source: etcd's rpc.proto (3.4, 3.5).
 */
export interface EtcdPort {
  /**
   * The member list. `linearizable: false` asks one member's own view and is for diagnosis only (3.4 ignores it: always local).
   * `via` asks that member.
   */
  members(
    call: EtcdCall & { readonly linearizable?: boolean; readonly via?: EtcdMember },
  ): Promise<EtcdResult<EtcdMemberList>>;
  status(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<EtcdStatus>>;
  alarms(call: EtcdCall): Promise<EtcdResult<readonly EtcdAlarm[]>>;
  /** Removes one alarm entry. Already absent is success. */
  disarm(alarm: EtcdAlarm, call: EtcdCall): Promise<EtcdResult<null>>;
  /** Compacts to `revision`. `physical` waits on the asked member only. */
  compact(revision: bigint, call: EtcdCall & { readonly physical?: boolean }): Promise<EtcdResult<null>>;
  /** Rewrites that member's database file. It answers nothing meanwhile. A client time-out does not stop it. */
  defragment(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<null>>;
  /**
   * Hands a snapshot of that member's database to `write`, a chunk (of 32 KiB, as etcd sends them) at a time and the next when that was
   * taken: who writes slowly holds up etcd. While the stream is open, a defragmentation of that member waits, and with it everything
   * else that is asked of it. The last 32 bytes are etcd's SHA-256 of all before them; to compare it is for who keeps the bytes.
   * Whatever it ends with, the stream is over, also on the server, and `write` is not called again; one under way is not waited for when
   * the signal or the time ended it.
   *
   * @throws what `write` throws.
   */
  snapshot(
    member: EtcdMember,
    write: (chunk: EtcdSnapshotChunk) => Promise<void>,
    call: EtcdSnapshotCall,
  ): Promise<EtcdResult<EtcdSnapshot>>;
  /** Asks `leader` to hand leadership to `target`. */
  moveLeader(leader: EtcdMember, target: MemberId, call: EtcdCall): Promise<EtcdResult<null>>;
  /**
   * Adds a member to the list, by a request to `via`, which must be a healthy voter. One attempt: that a member with such a peer URL
   * is there already is the refusal `peer-url-exists`, never success. Answers the new entry, which has no name yet.
   */
  addMember(via: EtcdMember, addition: EtcdAddition, call: EtcdCall): Promise<EtcdResult<EtcdMember>>;
  /**
   * Removes a member from the list for good, by a request to `via`, which must be a healthy voter and another one. One attempt.
   * `absent`: no member had this id, or none has it after an answer that did not tell. List the members in any case.
   */
  removeMember(via: EtcdMember, id: MemberId, call: EtcdCall): Promise<EtcdResult<'removed' | 'absent'>>;
  /**
   * Makes a learner a voter; refused while it lags behind. One that is a voter already is success. `via`: asked there, best
   * the leader: a follower of a ring with passwords cannot pass it on before 3.5.28 and 3.6.6.
   */
  promote(learner: MemberId, call: EtcdCall & { readonly via?: EtcdMember }): Promise<EtcdResult<null>>;
  /** Hash at `revision` (`null`: the member's latest). */
  hash(member: EtcdMember, revision: bigint | null, call: EtcdCall): Promise<EtcdResult<EtcdHash>>;
  /** Linearizable unless `serializable`; at `via` when given. */
  range(request: EtcdRangeRequest, call: EtcdCall & { readonly via?: EtcdMember }): Promise<EtcdResult<EtcdRange>>;
  put(key: string, value: Uint8Array, call: EtcdCall): Promise<EtcdResult<{ readonly revision: bigint }>>;
  deleteKey(key: string, call: EtcdCall): Promise<EtcdResult<{ readonly deleted: bigint }>>;
  /**
   * Whether that member defragments right now, whoever asked (`etcd_disk_defrag_inflight`; 3.4.18+, 3.5.2+).
   * `null`: cannot be seen (no metrics address, or a version without the figure).
   */
  defragInflight(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<boolean | null>>;
  /** Quota in bytes from the member's metrics (`etcd_server_quota_backend_bytes`), `null` when it cannot be seen. */
  quota(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<number | null>>;
  /**
   * When that member's process began, s since the epoch by the clock of its machine (`process_start_time_seconds` of its metrics);
   * `null`: cannot be seen. Another figure than before means that it was restarted.
   */
  startedAt(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<number | null>>;
  /**
   * To which others that member is connected as a peer (`etcd_network_active_peers`). One that it never met is missing; one that
   * was removed may still be named. `null`: cannot be seen.
   */
  peers(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<readonly EtcdPeer[] | null>>;
  /**
   * Within what time 99 of 100 writes to that member's log were on disk, ms, since its process began
   * (`etcd_disk_wal_fsync_duration_seconds`; at most 8192). `null`: cannot be seen, or it wrote nothing yet.
   */
  fsyncP99Ms(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<number | null>>;
  /**
   * When the certificate ends that the member shows to clients, ISO. `null`: it speaks without TLS, or this way of access does not come to see it.
   * One that cannot be connected to for its certificate says so as an error.
   */
  certificateEnd(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<string | null>>;
  /** Free bytes on the member's data volume, `null` when this way of access cannot see it. */
  freeDisk(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<number | null>>;
  /** Closes all connections. Further calls answer `cancelled`. */
  close(): Promise<void>;
}
