import type { EtcdAlarm, EtcdCall, EtcdMember, EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';
import type { KubernetesError } from '../../core/ports/kubernetes.ts';
import { readAlarms, readDeleted, readHash, readMemberList, readPut, readRange, readStatus } from './answers.ts';
import { type Budget, startBudget } from './budget.ts';
import { createDirectory, type Directory } from './directory.ts';
import { gaugeIn, peersIn, quantileIn } from './figures.ts';
import { idToDecimal } from './ids.ts';
import { memberChanges } from './member-changes.ts';
import { type MetricsRequest, readMetrics } from './metrics.ts';
import { nothing, read, told } from './port-answer.ts';
import { createRing, type Ring } from './ring.ts';
import { type EtcdRpc, loadEtcdRpc } from './rpc.ts';
import { readCertificateEnd } from './server-certificate.ts';
import { takeSnapshot } from './snapshot.ts';
import type { EtcdTls } from './tls.ts';

/** How to reach a ring over the network. */
export interface DirectEtcdOptions {
  /** Client URLs of members (`https://10.0.0.11:2379`); each is asked who it is and then preferred for that member. */
  readonly endpoints: readonly string[];
  /** Required by https endpoints that want client certificates; without it http endpoints are spoken to in the clear. */
  readonly tls?: EtcdTls;
  /** For tunnels: the port on 127.0.0.1 where the way to an address begins; `null`: it cannot be reached. */
  readonly localPortOf?: (url: string) => number | null;
  /** Why that way last failed, another object each time; `null`: it did not yet. Its local end shows only resets. */
  readonly localProblemOf?: (url: string) => KubernetesError | null;
  /** Path of a unix socket at which the one member listens, whatever its address. */
  readonly socket?: string;
}

interface Parts {
  readonly rpc: EtcdRpc;
  readonly ring: Ring;
  readonly directory: Directory;
  readonly tls: EtcdTls | undefined;
  readonly closing: AbortSignal;
}

/** Connections to the members of a ring, kept, and ports over them. */
export interface DirectEtcd {
  /**
   * A port over these connections for one piece of work (a plan, a turn of a step). The first cluster id that answers is
   * its ring for as long as it is used; answers of another are `wrong-member`. The next port knows nothing of it, so that a
   * ring that was restored or made anew is seen as what it is. Its `close` ends its own calls, not the connections.
   */
  newPort(): EtcdPort;
  /** Ends every connection; further calls of every port answer `cancelled`. */
  close(): Promise<void>;
}

/**
 * Opens access to an etcd ring by gRPC, one channel a member, every request sent at most once. Connects with the first call.
 *
 * @throws TypeError when an endpoint is no http or https URL, Error when the PEM content is unusable.
 */
export function openDirectEtcd(options: DirectEtcdOptions): DirectEtcd {
  const rpc = loadEtcdRpc();
  const closer = new AbortController();
  const directory = createDirectory({ ...options, tls: options.tls, statusMethod: rpc.status });
  function newPort(): EtcdPort {
    const own = new AbortController();
    const closing = AbortSignal.any([closer.signal, own.signal]);
    const ring = createRing({ directory, statusMethod: rpc.status, closing });
    const parts: Parts = { rpc, ring, directory, tls: options.tls, closing };
    const end = async (): Promise<void> => await Promise.resolve(own.abort());
    return {
      ...reads(parts),
      ...changes(parts),
      ...memberChanges(rpc, ring),
      ...figures(parts),
      ...streams(parts),
      close: end,
    };
  }
  async function close(): Promise<void> {
    closer.abort();
    directory.close();
    await Promise.resolve();
  }
  return { newPort, close };
}

/** One port with connections of its own, which its `close` ends. See {@link openDirectEtcd}. */
export function createDirectEtcd(options: DirectEtcdOptions): EtcdPort {
  const etcd = openDirectEtcd(options);
  return { ...etcd.newPort(), close: async () => await etcd.close() };
}

/** One port to an etcd of one member that listens on a unix socket, in the clear: who may open the socket may do everything. */
export function createSocketEtcd(socket: string): EtcdPort {
  return createDirectEtcd({ endpoints: ['http://localhost'], socket });
}

type Reads = Pick<EtcdPort, 'members' | 'status' | 'alarms' | 'hash' | 'range'>;

function reads({ rpc, ring, directory }: Parts): Reads {
  return {
    async members(call) {
      const body = { linearizable: call.linearizable ?? true };
      const request = { method: rpc.memberList, body, what: told('Member list', call.via), readOnly: true };
      const answer = await (call.via === undefined
        ? ring.readAny(request, call)
        : ring.toMember(call.via, request, call));
      const list = read(answer, readMemberList);
      if (list.ok && call.via === undefined) directory.learn(list.value.members);
      return list;
    },
    async status(member, call) {
      const request = { method: rpc.status, body: {}, what: told('Status', member), readOnly: true };
      return read(await ring.toMember(member, request, call), readStatus);
    },
    async alarms(call) {
      const request = { method: rpc.alarm, body: { action: GET }, what: 'Alarm list', readOnly: true };
      return read(await ring.readAny(request, call), readAlarms);
    },
    async hash(member, revision, call) {
      const body = { revision: String(revision ?? 0n) };
      const request = { method: rpc.hashKv, body, what: told('Hash', member), readOnly: true };
      return read(await ring.toMember(member, request, call), readHash);
    },
    async range(asked, call) {
      const body = {
        key: Buffer.from(asked.key),
        // Absent, not empty: an empty end means "all keys from here on".
        ...(asked.rangeEnd === undefined ? {} : { range_end: Buffer.from(asked.rangeEnd) }),
        limit: String(asked.limit ?? 0),
        revision: String(asked.revision ?? 0n),
        serializable: asked.serializable ?? false,
        keys_only: asked.keysOnly ?? false,
        count_only: asked.countOnly ?? false,
      };
      const request = { method: rpc.range, body, what: told('Range', call.via), readOnly: true };
      const answer = await (call.via === undefined
        ? ring.readAny(request, call)
        : ring.toMember(call.via, request, call));
      return read(answer, readRange);
    },
  };
}

type Changes = Pick<EtcdPort, 'disarm' | 'compact' | 'defragment' | 'moveLeader' | 'put' | 'deleteKey'>;

function changes({ rpc, ring }: Parts): Changes {
  return {
    async disarm(alarm, call) {
      const type = ALARM_CODES[alarm.type];
      const what = `Disarm ${alarm.type} of member ${alarm.memberId}`;
      if (type === null) return failed('not-available', `${what}: Drydock does not know this alarm`);
      const body = { action: DEACTIVATE, memberID: idToDecimal(alarm.memberId), alarm: type };
      return read(await ring.changeAny({ method: rpc.alarm, body, what, readOnly: false }, call), nothing);
    },
    async compact(revision, call) {
      const body = { revision: String(revision), physical: call.physical ?? false };
      const what = `Compact to revision ${revision}`;
      return read(await ring.changeAny({ method: rpc.compact, body, what, readOnly: false }, call), nothing);
    },
    async defragment(member, call) {
      const request = { method: rpc.defragment, body: {}, what: told('Defragment', member), readOnly: false };
      return read(await ring.toMember(member, request, call), nothing);
    },
    async moveLeader(leader, target, call) {
      const body = { targetID: idToDecimal(target) };
      const request = { method: rpc.moveLeader, body, what: told('Move leader', leader), readOnly: false };
      return read(await ring.toMember(leader, request, call), nothing);
    },
    async put(key, value, call) {
      const request = { method: rpc.put, body: { key: Buffer.from(key), value }, what: 'Put', readOnly: false };
      return read(await ring.changeAny(request, call), readPut);
    },
    async deleteKey(key, call) {
      const request = { method: rpc.deleteRange, body: { key: Buffer.from(key) }, what: 'Delete', readOnly: false };
      return read(await ring.changeAny(request, call), readDeleted);
    },
  };
}

type Figures = Pick<
  EtcdPort,
  'defragInflight' | 'startedAt' | 'quota' | 'peers' | 'fsyncP99Ms' | 'certificateEnd' | 'freeDisk'
>;

function figures({ directory, tls, closing }: Parts): Figures {
  /** Asks at one address of the member after the other, until one answers. */
  async function ask(
    member: EtcdMember,
    call: EtcdCall,
    what: string,
    look: (request: MetricsRequest, budget: Budget) => Promise<EtcdResult<string | null>>,
  ): Promise<EtcdResult<string | null>> {
    const budget = startBudget(call, closing);
    if (budget.signal.aborted) return failed('cancelled', `${what}: cancelled`);
    let last: EtcdResult<string | null> = { ok: true, value: null };
    for (const { address } of await directory.channelsTo(member, budget)) {
      last = await look({ address, tls, member, what }, budget);
      if (last.ok || last.error.code !== 'unreachable') break;
    }
    return last;
  }
  async function page<T>(
    member: EtcdMember,
    call: EtcdCall,
    look: (page: string) => T | null,
  ): Promise<EtcdResult<T | null>> {
    const last = await ask(member, call, told('Metrics', member), readMetrics);
    return read(last, (text) => (text === null ? null : look(text)));
  }
  const gauge = (name: string) => async (member: EtcdMember, call: EtcdCall) =>
    await page(member, call, (text) => gaugeIn(text, name));
  const inflight = gauge('etcd_disk_defrag_inflight');
  return {
    defragInflight: async (member, call) =>
      read(await inflight(member, call), (value) => (value === null ? null : value > 0)),
    startedAt: gauge('process_start_time_seconds'),
    quota: gauge('etcd_server_quota_backend_bytes'),
    peers: async (member, call) => await page(member, call, peersIn),
    async fsyncP99Ms(member, call) {
      return read(
        await page(member, call, (text) => quantileIn(text, 'etcd_disk_wal_fsync_duration_seconds', 0.99)),
        (seconds) => (seconds === null ? null : seconds * 1000),
      );
    },
    certificateEnd: async (member, call) => await ask(member, call, told('Certificate', member), readCertificateEnd),
    async freeDisk() {
      // etcd has no call for it; the network shows nothing of the machine's disks.
      return await Promise.resolve({ ok: true, value: null });
    },
  };
}

function streams({ rpc, ring, closing }: Parts): Pick<EtcdPort, 'snapshot'> {
  return {
    async snapshot(member, write, call) {
      const what = told('Snapshot', member);
      return await takeSnapshot({ ring, method: rpc.snapshot, closing }, { member, what, write, call });
    },
  };
}

const GET = 0;
const DEACTIVATE = 2;
const ALARM_CODES: Readonly<Record<EtcdAlarm['type'], number | null>> = { NOSPACE: 1, CORRUPT: 2, UNKNOWN: null };

function failed(code: 'not-available' | 'cancelled', message: string): EtcdResult<never> {
  return { ok: false, error: { code, message } };
}
