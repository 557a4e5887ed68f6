import type { MemberReading, RingReading } from '../../src/core/etcd/reading.ts';
import { buildRing, type Ring } from '../../src/core/etcd/ring.ts';
import type {
  EtcdCall,
  EtcdError,
  EtcdMember,
  EtcdMemberList,
  EtcdPort,
  EtcdResult,
} from '../../src/core/ports/etcd.ts';

/** How long a healthy member may take to answer a look, ms. Source: `Status` within 5 s. */
export const LOOK_TIMEOUT_MS = 5000;

/** What a look needs. */
export interface Look {
  readonly etcd: EtcdPort;
  readonly signal: AbortSignal;
  /** Quota of the configuration, bytes; `null`: not configured. */
  readonly quotaBytes: number | null;
}

/** Anything that knows the ring, the cluster's settings and when to stop: contexts of plans and of steps. */
export interface LookSource {
  readonly ports: { readonly etcd: EtcdPort };
  readonly cluster: { readonly defrag: { readonly quotaBytes: number | null } };
  readonly signal: AbortSignal;
}

/** The look that a context gives. */
export function lookOf(context: LookSource): Look {
  return { etcd: context.ports.etcd, signal: context.signal, quotaBytes: context.cluster.defrag.quotaBytes };
}

/** One look at the ring: the model, and what was answered when there is none. */
export interface SeenRing {
  readonly ring: Ring | null;
  /** Why there is no model, or why its list is only one member's own; `null`: all is well. */
  readonly trouble: EtcdError | null;
}

/**
 * Looks at every member once, at all of them at the same time. Never throws for a silent member: that is a finding.
 *
 * @param volumes also ask for free disk space, which only a plan needs
 */
export async function readRing(look: Look, volumes = false): Promise<SeenRing> {
  const call = { timeoutMs: LOOK_TIMEOUT_MS, signal: look.signal };
  const [asked, alarms] = await Promise.all([look.etcd.members(call), look.etcd.alarms(call)]);
  const local = asked.ok ? asked : await look.etcd.members({ ...call, linearizable: false });
  const members = local.ok
    ? await Promise.all(local.value.members.map(async (each) => await readMember(look, each, call, volumes)))
    : [];
  const reading: RingReading = { list: local, localList: !asked.ok, alarms, members };
  return { ring: buildRing(reading, look.quotaBytes), trouble: asked.ok ? null : asked.error };
}

async function readMember(look: Look, member: EtcdMember, call: EtcdCall, volumes: boolean): Promise<MemberReading> {
  if (member.name === '') return notStarted(member);
  const { etcd } = look;
  const [status, view, read, inflight, quota, disk] = await Promise.all([
    etcd.status(member, call),
    etcd.members({ ...call, linearizable: false, via: member }),
    readThrough(etcd, member, call),
    etcd.defragInflight(member, call),
    etcd.quota(member, call),
    volumes ? etcd.freeDisk(member, call) : null,
  ]);
  return {
    member,
    status,
    view,
    read,
    defragInflight: inflight.ok ? inflight.value : null,
    quotaBytes: quota.ok ? quota.value : null,
    freeDiskBytes: disk?.ok === true ? disk.value : null,
  };
}

/** A linearizable read of one key: it proves quorum. etcd's own `permission denied` proves it too. */
async function readThrough(etcd: EtcdPort, member: EtcdMember, call: EtcdCall): Promise<EtcdResult<null>> {
  if (member.isLearner) return { ok: true, value: null };
  const result = await etcd.range({ key: 'health', countOnly: true }, { ...call, via: member });
  if (result.ok || result.error.code === 'permission') return { ok: true, value: null };
  return result;
}

function notStarted(member: EtcdMember): MemberReading {
  const silent: EtcdResult<never> & EtcdResult<EtcdMemberList> = {
    ok: false,
    error: { code: 'unreachable', message: 'it was added but never started' },
  };
  return {
    member,
    status: silent,
    view: silent,
    read: silent,
    defragInflight: null,
    quotaBytes: null,
    freeDiskBytes: null,
  };
}
