import { z } from 'zod';
import type {
  EtcdAlarm,
  EtcdHash,
  EtcdMember,
  EtcdMemberList,
  EtcdRange,
  EtcdSnapshotChunk,
  EtcdStatus,
  MemberId,
} from '../../core/ports/etcd.ts';
import { idFromDecimal } from './ids.ts';

const Id = z.string().transform(idFromDecimal);
const Int64 = z
  .string()
  .regex(/^-?\d{1,20}$/)
  .transform(BigInt);
const Bytes = Int64.transform(Number);

/** Who answered. Some answers of etcd carry no header (`null`), for instance those of Defragment. */
export interface AnswerHeader {
  readonly clusterId: string;
  readonly memberId: MemberId;
  readonly revision: bigint;
}

const Header = z
  .object({ cluster_id: Id, member_id: Id, revision: Int64 })
  .transform((h): AnswerHeader => ({ clusterId: h.cluster_id, memberId: h.member_id, revision: h.revision }));

const Headed = z.object({ header: Header.nullish() });

/** The header of any answer, `null` when it has none. */
export function headerOf(answer: object): AnswerHeader | null {
  return Headed.parse(answer).header ?? null;
}

const Member = z
  .object({
    ID: Id,
    name: z.string(),
    peerURLs: z.array(z.string()),
    clientURLs: z.array(z.string()),
    isLearner: z.boolean(),
  })
  .transform(
    (m): EtcdMember => ({
      id: m.ID,
      name: m.name,
      peerUrls: m.peerURLs,
      clientUrls: m.clientURLs,
      isLearner: m.isLearner,
    }),
  );

const MemberList = z.object({ header: Header, members: z.array(Member) });

/** Reads a MemberListResponse. */
export function readMemberList(answer: object): EtcdMemberList {
  const { header, members } = MemberList.parse(answer);
  return { clusterId: header.clusterId, members };
}

const Added = z.object({ header: Header, member: Member });

/** Reads a MemberAddResponse: the new entry. */
export function readAdded(answer: object): EtcdMember {
  return Added.parse(answer).member;
}

const Status = z.object({
  header: Header,
  version: z.string(),
  dbSize: Bytes,
  dbSizeInUse: Bytes,
  dbSizeQuota: Bytes,
  leader: Id,
  raftIndex: Int64,
  raftTerm: Int64,
  raftAppliedIndex: Int64,
  errors: z.array(z.string()),
  isLearner: z.boolean(),
  downgradeInfo: z.object({ enabled: z.boolean() }).nullish(),
});

/** Reads a StatusResponse. */
export function readStatus(answer: object): EtcdStatus {
  const s = Status.parse(answer);
  return {
    clusterId: s.header.clusterId,
    memberId: s.header.memberId,
    version: s.version,
    dbSizeBytes: s.dbSize,
    dbSizeInUseBytes: s.dbSizeInUse,
    quotaBytes: s.dbSizeQuota > 0 && tellsQuota(s.version) ? s.dbSizeQuota : null,
    leaderId: s.leader === '0' ? null : s.leader,
    revision: s.header.revision,
    raftTerm: s.raftTerm,
    raftIndex: s.raftIndex,
    raftAppliedIndex: s.raftAppliedIndex,
    isLearner: s.isLearner,
    errors: s.errors,
    downgrading: s.downgradeInfo?.enabled ?? false,
  };
}

/** 3.6.0 to 3.6.5 fill the field with a wrong figure. */
function tellsQuota(version: string): boolean {
  return !/^3\.6\.[0-5](?!\d)/.test(version);
}

const Alarms = z.object({ alarms: z.array(z.object({ memberID: Id, alarm: z.number() })) });

/** Reads an AlarmResponse. */
export function readAlarms(answer: object): readonly EtcdAlarm[] {
  return Alarms.parse(answer).alarms.map((a) => ({ memberId: a.memberID, type: alarmType(a.alarm) }));
}

function alarmType(code: number): EtcdAlarm['type'] {
  if (code === 1) return 'NOSPACE';
  return code === 2 ? 'CORRUPT' : 'UNKNOWN';
}

const Hash = z.object({ header: Header, hash: z.number(), compact_revision: Int64 });

/** Reads a HashKVResponse. */
export function readHash(answer: object): EtcdHash {
  const h = Hash.parse(answer);
  return {
    memberId: h.header.memberId,
    hash: h.hash,
    compactRevision: h.compact_revision,
    revision: h.header.revision,
  };
}

const Range = z.object({
  header: Header,
  count: Int64,
  kvs: z.array(z.object({ key: z.instanceof(Buffer), value: z.instanceof(Buffer) })),
});

/** Reads a RangeResponse. */
export function readRange(answer: object): EtcdRange {
  const r = Range.parse(answer);
  return {
    count: r.count,
    kvs: r.kvs.map((kv) => ({ key: kv.key.toString('utf8'), value: kv.value })),
    revision: r.header.revision,
  };
}

const Put = z.object({ header: Header });

/** Reads a PutResponse. */
export function readPut(answer: object): { readonly revision: bigint } {
  return { revision: Put.parse(answer).header.revision };
}

const Deleted = z.object({ deleted: Int64 });

/** Reads a DeleteRangeResponse. */
export function readDeleted(answer: object): { readonly deleted: bigint } {
  return { deleted: Deleted.parse(answer).deleted };
}

const SnapshotPart = z.object({ remaining_bytes: Bytes, blob: z.instanceof(Buffer) });

/** Reads a SnapshotResponse: the next bytes, and how many of the database are still to come. */
export function readSnapshotPart(answer: object): EtcdSnapshotChunk {
  const { remaining_bytes: remainingBytes, blob } = SnapshotPart.parse(answer);
  return { bytes: blob, remainingBytes };
}
