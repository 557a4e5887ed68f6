import { hostsOfMember } from '../../../src/core/etcd/diagnosis/place.ts';
import type { HostSign } from '../../../src/core/etcd/diagnosis/signs.ts';
import { askFreeRoom, readFreeRoom } from '../../../src/core/etcd/host-files.ts';
import { readServiceState, type ServiceState, serviceLog, showService } from '../../../src/core/etcd/host-service.ts';
import type { EtcdMember, MemberId } from '../../../src/core/ports/etcd.ts';
import type { HostFacts, HostPort } from '../../../src/core/ports/hosts.ts';
import { BESIDE_MS, type DiagnosisSource } from './sources.ts';

/** What the hosts of some members said, by member id. */
export type HostSigns = ReadonlyMap<MemberId, { readonly host: string; readonly sign: HostSign }>;

/** Lines of a log that are looked through. */
const LOG_LINES = 50;

/**
 * Looks at the hosts of members over the configured access, at all of them at the same time; nothing where there is none.
 *
 * @param before an earlier look, so that a service that was started anew in between is known
 */
export async function readHosts(
  { ports, signal }: DiagnosisSource,
  members: readonly EtcdMember[],
  before: HostSigns | null,
): Promise<HostSigns> {
  const { hosts } = ports;
  const facts = hosts?.facts ?? null;
  if (hosts === undefined || facts === null) return new Map();
  const signs = await Promise.all(
    members.map(async (member) => {
      const [host] = hostsOfMember(member);
      if (host === undefined) return [];
      const earlier = serviceOf(before?.get(member.id)?.sign ?? null);
      return [[member.id, { host, sign: await lookAtHost(hosts, { host, facts, earlier, signal }) }] as const];
    }),
  );
  return new Map(signs.flat());
}

interface HostOrder {
  readonly host: string;
  readonly facts: HostFacts;
  readonly earlier: ServiceState | null;
  readonly signal: AbortSignal;
}

async function lookAtHost(hosts: HostPort, { host, facts, earlier, signal }: HostOrder): Promise<HostSign> {
  const call = { timeoutMs: BESIDE_MS, signal };
  const shown = await hosts.run(host, showService(facts.service).argv, call);
  if (!shown.ok) return { reached: false, why: shown.error.message };
  const room = await hosts.run(host, askFreeRoom(facts.dataDirectory).argv, call);
  const state = readServiceState(shown.value);
  const free = room.ok ? readFreeRoom(room.value) : null;
  return {
    reached: true,
    name: facts.service,
    service: state.ok ? state.value : null,
    before: earlier,
    freeBytes: free?.ok === true ? free.value.freeBytes : null,
  };
}

function serviceOf(sign: HostSign | null): ServiceState | null {
  return sign?.reached === true ? sign.service : null;
}

/** The last lines that the service of a host wrote; empty: they cannot be had. */
export async function readHostLog({ ports, signal }: DiagnosisSource, host: string): Promise<string> {
  const facts = ports.hosts?.facts ?? null;
  if (ports.hosts === undefined || facts === null) return '';
  const program = serviceLog(facts.service, LOG_LINES);
  const read = await ports.hosts.run(host, program.argv, { timeoutMs: BESIDE_MS, signal });
  return read.ok ? new TextDecoder().decode(read.value.stdout) : '';
}
