import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { z } from 'zod';
import type { TlsFiles } from './certificates.ts';
import { etcdMethod } from './etcd-methods.ts';

/** A member as etcd lists it. Ids are decimal strings: they do not fit a number. */
export interface ListedMember {
  readonly id: string;
  /** Empty: it never started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/**
 * The members of a ring, through one of them: for the stand-ins of kubeadm and of operators, not used by Drydock. No call is made
 * twice. Every failure is an Error with etcd's words.
 */
export interface Membership {
  /** As this member has it; `linearizable` needs quorum (etcd 3.4 always answers from its own). */
  list(linearizable?: boolean): Promise<readonly ListedMember[]>;
  add(peerUrl: string, learner: boolean): Promise<ListedMember>;
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  status(): Promise<OwnStatus>;
  /** Only through the leader. */
  moveLeader(to: string): Promise<void>;
  /** Of this member. It answers nothing meanwhile. */
  defragment(): Promise<void>;
  close(): void;
}

/** What a member says of itself. Ids as decimal strings, `0`: no leader; sizes in bytes. */
export interface OwnStatus {
  readonly id: string;
  readonly leader: string;
  readonly isLearner: boolean;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
}

const PROTO = fileURLToPath(new URL('./etcd/cluster.proto', import.meta.url));
const Listed = z
  .object({
    ID: z.string(),
    name: z.string(),
    peerURLs: z.array(z.string()),
    clientURLs: z.array(z.string()),
    isLearner: z.boolean(),
  })
  .transform(({ ID, name, peerURLs, clientURLs, isLearner }): ListedMember => {
    return { id: ID, name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner };
  });
const List = z.object({ members: z.array(Listed) });
const Added = z.object({ member: Listed });
const Status = z.object({
  header: z.object({ member_id: z.string() }),
  leader: z.string(),
  isLearner: z.boolean(),
  dbSize: z.coerce.number(),
  dbSizeInUse: z.coerce.number(),
});

/** Opens it for one member. Calls have a deadline (`timeoutMs`, default 5 s). */
export function openMembership(endpoint: string, tls: TlsFiles, timeoutMs = 5_000): Membership {
  const client = new Client(
    new URL(endpoint).host,
    credentials.createSsl(readFileSync(tls.ca), readFileSync(tls.key), readFileSync(tls.cert)),
    {
      'grpc.enable_retries': 0,
      // A name, because TLS knows no addresses as server names.
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.use_local_subchannel_pool': 1,
    },
  );
  function call<T>(name: string, request: object, answer: z.ZodType<T>): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = etcdMethod(PROTO, name);
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + timeoutMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, value) => {
        if (error === null) resolve(answer.parse(value));
        else reject(new Error(error.details, { cause: error }));
      });
    });
  }
  const nothing = z.unknown();
  return {
    async list(linearizable = true) {
      return (await call('Cluster/MemberList', { linearizable }, List)).members;
    },
    async add(url, learner) {
      return (await call('Cluster/MemberAdd', { peerURLs: [url], isLearner: learner }, Added)).member;
    },
    promote: async (id) => void (await call('Cluster/MemberPromote', { ID: id }, nothing)),
    remove: async (id) => void (await call('Cluster/MemberRemove', { ID: id }, nothing)),
    async status() {
      const { header, ...rest } = await call('Maintenance/Status', {}, Status);
      return { id: header.member_id, ...rest };
    },
    moveLeader: async (to) => void (await call('Maintenance/MoveLeader', { targetID: to }, nothing)),
    defragment: async () => void (await call('Maintenance/Defragment', {}, nothing)),
    close: () => client.close(),
  };
}

/** Does something through the first of these members that lets it be done. @throws Error of the last one when none does. */
export async function throughAny<T>(
  endpoints: readonly string[],
  tls: TlsFiles,
  act: (membership: Membership) => Promise<T>,
): Promise<T> {
  return await throughFirst(endpoints, async (endpoint) => {
    const membership = openMembership(endpoint, tls);
    try {
      return await act(membership);
    } finally {
      membership.close();
    }
  });
}

/** What the first of these members answers that does not refuse. @throws Error of the last one when all do. */
export async function throughFirst<T>(endpoints: readonly string[], ask: (endpoint: string) => Promise<T>): Promise<T> {
  let problem: unknown = new Error('there is no member to ask');
  for (const endpoint of endpoints) {
    try {
      return await ask(endpoint);
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}
