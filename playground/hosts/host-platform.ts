import type { PlatformMember, PlaygroundPlatform } from '../platforms.ts';
import { HOST_FACTS, type PlaygroundHost } from './host.ts';
import { clientUrlOf } from './host-member.ts';
import type { HostRing } from './host-ring.ts';

/**
 * A ring of hosts as the rest of the playground knows clusters: with the access to its hosts, so that a run may stop and start etcd on
 * them.
 *
 * @param settings further fields of `etcd` in `drydock.yaml`, such as `defrag`
 */
export function platformOfHosts(
  name: string,
  ring: HostRing,
  settings: Readonly<Record<string, unknown>> = {},
): PlaygroundPlatform {
  const [first] = ring.hosts();
  return {
    name,
    members: () => ring.hosts().map(memberOf),
    tls: ring.tls,
    // The addresses of the beginning, as a person has written them: members come and go without anybody changing the file.
    entry: {
      platform: 'etcd',
      etcd: { access: 'direct', endpoints: ring.endpoints, tls: ring.tls, hosts: ring.entry, ...settings },
    },
    async work() {
      const { name: built, address } = await ring.build();
      return `set up the host ${built} at ${address} with the ring's list of now and started etcd on it`;
    },
    hint: `ssh -i ${ring.entry.ssh.key} -o UserKnownHostsFile=${ring.entry.ssh.knownHosts} -p ${ring.entry.ssh.port} ${ring.entry.ssh.user}@${first?.address ?? ''} systemctl show etcd.service`,
    stop: () => ring.stop(),
  };
}

function memberOf(host: PlaygroundHost): PlatformMember {
  return {
    name: host.name,
    clientUrl: clientUrlOf(host.address),
    dataDirectory: host.path(HOST_FACTS.dataDirectory),
    pid: () => host.service.status().pid,
    output: () => host.service.log().join('\n'),
    kill: () => host.service.kill(),
    hold: () => host.service.stop(),
    release: () => host.service.start(),
    powerOff: () => host.powerOff(),
    powerOn: () => host.powerOn(),
    kubelet: null,
  };
}
