import type { EtcdAlarm, EtcdCall, EtcdMember, EtcdPort, EtcdResult } from '../../../core/ports/etcd.ts';
import type { KubernetesPort } from '../../../core/ports/kubernetes.ts';
import { readAlarms, readDeleted, readHash, readMemberList, readPut, readRange, readStatus } from '../answers.ts';
import { kubernetesFailure } from '../kubernetes-failure.ts';
import { nothing, read, told } from '../port-answer.ts';
import { disarmListed } from './disarm.ts';
import type { ExecFlavour } from './flavour.ts';
import { memberChanges } from './member-changes.ts';
import { holdsAnswer, printed } from './printed.ts';
import { createExecRing, type ExecRing } from './ring.ts';

/** What access through the pods needs. */
export interface ExecEtcdOptions {
  readonly kubernetes: Pick<KubernetesPort, 'exec' | 'list'>;
  readonly flavour: ExecFlavour;
}

/**
 * An etcd ring through `etcdctl` in its own pods, for one plan or one turn of a step. What etcdctl cannot do is said: it has no
 * member list without quorum, no single disarming (see {@link disarmListed}), no snapshot that leaves the pod, and shows no metrics, so
 * that a defragmentation that somebody else runs is not seen.
 */
export function createExecEtcd(options: ExecEtcdOptions): EtcdPort {
  const own = new AbortController();
  const ring = createExecRing({ ...options, closing: own.signal });
  const end = async (): Promise<void> => await Promise.resolve(own.abort());
  return {
    ...reads(ring),
    ...changes(ring),
    ...memberChanges(ring),
    ...figures(ring, options),
    snapshot: noSnapshot(own.signal),
    close: end,
  };
}

function reads(ring: ExecRing): Pick<EtcdPort, 'members' | 'status' | 'alarms' | 'hash' | 'range'> {
  return {
    async members(call) {
      const request = {
        args: ['member', 'list'],
        what: told('Member list', call.via),
        readOnly: true,
        reader: printed.members,
      };
      const answer = await (call.via === undefined
        ? ring.readAny(request, call)
        : ring.toMember(call.via, request, call));
      return read(answer, readMemberList);
    },
    async status(member, call) {
      const request = {
        args: ['endpoint', 'status'],
        what: told('Status', member),
        readOnly: true,
        reader: printed.status,
        isAnswer: holdsAnswer,
      };
      return read(await ring.toMember(member, request, call), readStatus);
    },
    async alarms(call) {
      const request = { args: ['alarm', 'list'], what: 'Alarm list', readOnly: true, reader: printed.alarms };
      return read(await ring.readAny(request, call), readAlarms);
    },
    async hash(member, revision, call) {
      const args = ['endpoint', 'hashkv', `--rev=${revision ?? 0n}`];
      const request = { args, what: told('Hash', member), readOnly: true, reader: printed.hash, isAnswer: holdsAnswer };
      return read(await ring.toMember(member, request, call), readHash);
    },
    async range(asked, call) {
      // Counting alone is not to be had with JSON, but every answer has the count of all.
      const limit = asked.countOnly === true ? 1 : (asked.limit ?? 0);
      const args = [
        'get',
        `--limit=${limit}`,
        `--rev=${asked.revision ?? 0n}`,
        `--consistency=${asked.serializable === true ? 's' : 'l'}`,
        ...(asked.keysOnly === true || asked.countOnly === true ? ['--keys-only'] : []),
        '--',
        asked.key,
        ...(asked.rangeEnd === undefined ? [] : [asked.rangeEnd]),
      ];
      const what = told('Range', call.via);
      const request = { args, what, readOnly: true, reader: printed.range, discreet: true } as const;
      const answer = await (call.via === undefined
        ? ring.readAny(request, call)
        : ring.toMember(call.via, request, call));
      return read(answer, (value) => (asked.countOnly === true ? { ...readRange(value), kvs: [] } : readRange(value)));
    },
  };
}

type Changes = Pick<EtcdPort, 'disarm' | 'compact' | 'defragment' | 'moveLeader' | 'put' | 'deleteKey'>;

function changes(ring: ExecRing): Changes {
  return {
    disarm: async (alarm: EtcdAlarm, call: EtcdCall) => await disarmListed(ring, alarm, call),
    async compact(revision, call) {
      const args = ['compaction', ...(call.physical === true ? ['--physical'] : []), String(revision)];
      const what = `Compact to revision ${revision}`;
      return read(await ring.changeAny({ args, what, readOnly: false, reader: anything }, call), nothing);
    },
    async defragment(member, call) {
      const request = { args: ['defrag'], what: told('Defragment', member), readOnly: false, reader: anything };
      return read(await ring.toMember(member, request, call), nothing);
    },
    async moveLeader(leader, target, call) {
      const request = {
        args: ['move-leader', target],
        what: told('Move leader', leader),
        readOnly: false,
        reader: anything,
      };
      return read(await ring.toMember(leader, request, call), nothing);
    },
    async put(key, value, call) {
      const text = asArgument(value);
      const written = text === null ? { args: ['put', '--', key], stdin: value } : { args: ['put', '--', key, text] };
      const request = { ...written, what: 'Put', readOnly: false, reader: printed.put, discreet: true } as const;
      return read(await ring.changeAny(request, call), readPut);
    },
    async deleteKey(key, call) {
      const request = { args: ['del', '--', key], what: 'Delete', readOnly: false, reader: printed.deleted };
      return read(await ring.changeAny(request, call), readDeleted);
    },
  };
}

/**
 * A short printable value, as text; `null`: it must go in as input. The end of input can be told only in version 5 of the exec
 * protocol (API servers from 1.30), so an argument works on more clusters.
 */
function asArgument(value: Uint8Array): string | null {
  const text = Buffer.from(value).toString('latin1');
  return /^[ -~]{1,256}$/.test(text) ? text : null;
}

type Figures = Pick<
  EtcdPort,
  'defragInflight' | 'startedAt' | 'quota' | 'peers' | 'fsyncP99Ms' | 'certificateEnd' | 'freeDisk'
>;

function figures(ring: ExecRing, { kubernetes, flavour }: ExecEtcdOptions): Figures {
  /** The metrics are not to be had through etcdctl; who is there at all is asked, so that a dead member is not "unknown". */
  async function hidden(member: EtcdMember, call: EtcdCall): Promise<EtcdResult<null>> {
    const found = await ring.pod(member, told('Metrics', member), ring.budget(call));
    return found.ok ? { ok: true, value: null } : found;
  }
  return {
    defragInflight: hidden,
    // The node's agent tells of a restart seconds later: that a pod's status shows none would prove nothing.
    startedAt: hidden,
    peers: hidden,
    fsyncP99Ms: hidden,
    certificateEnd: hidden,
    quota: async (member, call) => {
      const found = await ring.pod(member, told('Quota', member), ring.budget(call));
      return read(found, (pod) => pod.quotaBytes);
    },
    freeDisk: async (member, call) => {
      if (flavour.freeDisk === null) return { ok: true, value: null };
      const what = told('Free disk', member);
      const budget = ring.budget(call);
      const found = await ring.pod(member, what, budget);
      if (!found.ok) return found;
      const limits = { timeoutMs: Math.max(1, budget.remainingMs()), signal: budget.signal };
      const done = await kubernetes.exec(found.value.ref, flavour.freeDisk, {
        ...limits,
        container: flavour.container,
      });
      if (!done.ok) return { ok: false, error: kubernetesFailure(done.error, what, true) };
      const free = freeBytes(Buffer.from(done.value.stdout).toString('utf8'));
      return { ok: true, value: done.value.exitCode === 0 ? free : null };
    },
  };
}

/** The column "Available" of POSIX `df -kP`, in bytes; `null` when that is not what was printed. */
function freeBytes(printedTable: string): number | null {
  const columns = printedTable.trim().split('\n').at(-1)?.split(/\s+/) ?? [];
  const kilobytes = /^\d+$/.test(columns[3] ?? '') ? Number(columns[3]) : Number.NaN;
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : null;
}

/** Snapshots are refused: etcdctl has no way to print one, and the images of etcd have no program that could. */
function noSnapshot(closed: AbortSignal): EtcdPort['snapshot'] {
  return async (member, _write, call) => {
    const what = told('Snapshot', member);
    if (closed.aborted || call.signal?.aborted === true)
      return await Promise.resolve({ ok: false, error: { code: 'cancelled', message: `${what}: cancelled` } });
    const why =
      'etcdctl writes a snapshot only to a file inside the pod, and with "access: exec" nothing can stream it out of there';
    const wayOut = 'Set "etcd.access" of this cluster to "tunnel" or "direct"';
    return { ok: false, error: { code: 'not-available', message: `${what}: ${why}. ${wayOut}` } };
  };
}

/** Compaction, defragmentation and moving the leader print words, whatever is asked: the exit code says it all. */
function anything(): object {
  return {};
}
