import type { TlsFiles } from '../certificates.ts';
import { answersHealthy, type EtcdMember } from '../etcd-member.ts';
import { waitFor } from '../waiting.ts';
import { HOST_FACTS, type PlaygroundHost } from './host.ts';
import { ETCD_PORTS } from './places.ts';

/** The member of a host, as the rest of the playground knows members. Killed, it comes back: systemd starts it again. */
export function memberOfHost(host: PlaygroundHost, tls: TlsFiles): EtcdMember {
  const clientUrl = clientUrlOf(host.address);
  return {
    name: host.name,
    clientUrl,
    peerUrl: peerUrlOf(host.address),
    dataDirectory: host.path(HOST_FACTS.dataDirectory),
    pid: () => host.service.status().pid,
    output: () => host.service.log().join('\n'),
    pause: () => host.service.signal('SIGSTOP'),
    resume: () => host.service.signal('SIGCONT'),
    kill: () => host.service.kill(),
    stop: () => host.service.stop(),
    async start() {
      await host.service.start();
      await waitFor(`${host.name} to have a process`, () => host.service.status().pid, { everyMs: 20 });
    },
    healthy: async () => (host.service.status().pid === undefined ? false : await answersHealthy(clientUrl, tls)),
  };
}

/** Where the clients of a host's member connect. */
export function clientUrlOf(address: string): string {
  return `https://${address}:${ETCD_PORTS.client}`;
}

/** Where the peers of a host's member connect. */
export function peerUrlOf(address: string): string {
  return `https://${address}:${ETCD_PORTS.peer}`;
}
