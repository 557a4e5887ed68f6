import { z } from 'zod';
import { parseEtcdJson } from '../json.ts';

/** Whole numbers as etcdctl prints them: short ones as numbers, those that would lose digits as text. */
const Integer = z.union([z.string(), z.number()]).transform((value) => String(value));
const Zero = Integer.default('0');

const Header = z.object({ cluster_id: Zero, member_id: Zero, revision: Zero });
const NO_HEADER = { cluster_id: '0', member_id: '0', revision: '0' };
const Base64 = z.string().transform((text) => Buffer.from(text, 'base64'));

const Status = z.array(
  z.object({
    Status: z.object({
      header: Header,
      version: z.string(),
      dbSize: Zero,
      dbSizeInUse: Zero,
      dbSizeQuota: Zero,
      leader: Zero,
      raftIndex: Zero,
      raftTerm: Zero,
      raftAppliedIndex: Zero,
      errors: z.array(z.string()).default([]),
      isLearner: z.boolean().default(false),
      downgradeInfo: z.object({ enabled: z.boolean().default(false) }).nullish(),
    }),
  }),
);

/** Whether the output holds a status or a hash, whatever the exit code says: one endpoint that fails takes no other along. */
export function holdsAnswer(text: string): boolean {
  try {
    return Entries.parse(parseEtcdJson(text)).length > 0;
  } catch {
    return false;
  }
}

const Entries = z.array(z.looseObject({ Endpoint: z.string() }));

const Member = z.object({
  ID: Integer,
  name: z.string().default(''),
  peerURLs: z.array(z.string()).default([]),
  clientURLs: z.array(z.string()).default([]),
  isLearner: z.boolean().default(false),
});

const Members = z.object({ header: Header, members: z.array(Member).default([]) });
const Added = z.object({ header: Header, member: Member });
const Headed = z.object({ header: Header });

const Alarms = z.object({
  alarms: z.array(z.object({ memberID: Zero, alarm: z.number().default(0) })).default([]),
});

const Hash = z.array(
  z.object({ HashKV: z.object({ header: Header, hash: z.number().default(0), compact_revision: Zero }) }),
);

const Range = z.object({
  header: Header,
  count: Zero,
  kvs: z.array(z.object({ key: Base64, value: Base64.default(Buffer.alloc(0)) })).default([]),
});

const Put = z.object({ header: Header.default(NO_HEADER) });
const Deleted = z.object({ header: Header, deleted: Zero });

/**
 * What etcdctl prints with `-w json`, brought into the shape of the answers of the API: absent means zero there, ids
 * are bare numbers of 64 bits. What cannot be read throws a ZodError or SyntaxError.
 *
 * Source: etcdctl 3.4.23 and 3.5.16 as measured; 3.6 by its source.
 */
export const printed = {
  /** The only endpoint's status; `null`: it gave none, and standard error says why. */
  status: (text: string): object | null => Status.parse(parseEtcdJson(text))[0]?.Status ?? null,
  /** As {@link printed.status}, for `endpoint hashkv`. */
  hash: (text: string): object | null => Hash.parse(parseEtcdJson(text))[0]?.HashKV ?? null,
  members: (text: string): object => Members.parse(parseEtcdJson(text)),
  /** `member add` and `member remove`. */
  added: (text: string): object => Added.parse(parseEtcdJson(text)),
  removed: (text: string): object => Headed.parse(parseEtcdJson(text)),
  alarms: (text: string): object => Alarms.parse(parseEtcdJson(text)),
  range: (text: string): object => Range.parse(parseEtcdJson(text)),
  put: (text: string): object => Put.parse(parseEtcdJson(text)),
  deleted: (text: string): object => Deleted.parse(parseEtcdJson(text)),
};
