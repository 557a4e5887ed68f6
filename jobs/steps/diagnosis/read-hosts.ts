import { hostsOfMember } from '../../../src/core/etcd/diagnosis/place.ts';
import type { HostSign } from '../../../src/core/etcd/diagnosis/signs.ts';
import { askFreeRoom, readFreeRoom } from '../../../src/core/etcd/host-files.ts';
import { readServiceState, type ServiceState, serviceLog, showService } from '../../../src/core/etcd/host-service.ts';
import type { EtcdMember, MemberId } from '../../../src/core/ports/etcd.ts';
import { BESIDE_MS, type DiagnosisSource } from './sources.ts';

/** What the hosts of some members said, by member id. */
export type HostSigns = ReadonlyMap<MemberId, { readonly host: string; readonly sign: HostSign }>;

/** Lines of a log that are looked through. */
const LOG_LINES = 50;

/**
 * Looks at the hosts of members over the configured access, one after the other; nothing where there is none.
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
  const signs = new Map<MemberId, { readonly host: string; readonly sign: HostSign }>();
  if (hosts === undefined || facts === null) return signs;
  const call = { timeoutMs: BESIDE_MS, signal };
  for (const member of members) {
    const [host] = hostsOfMember(member);
    if (host === undefined) continue;
    const shown = await hosts.run(host, showService(facts.service).argv, call);
    if (!shown.ok) {
      signs.set(member.id, { host, sign: { reached: false, why: shown.error.message } });
      continue;
    }
    const room = await hosts.run(host, askFreeRoom(facts.dataDirectory).argv, call);
    const state = readServiceState(shown.value);
    const free = room.ok ? readFreeRoom(room.value) : null;
    const sign = {
      reached: true,
      name: facts.service,
      service: state.ok ? state.value : null,
      before: serviceOf(before?.get(member.id)?.sign ?? null),
      freeBytes: free?.ok === true ? free.value.freeBytes : null,
    } as const;
    signs.set(member.id, { host, sign });
  }
  return signs;
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
