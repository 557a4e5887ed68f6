import type { EtcdMember } from './etcd-member.ts';
import type { PlatformMember } from './platforms.ts';

/** A member whose process nobody starts again by himself. It has no machine of its own: without power it is a process that has ended. */
export function memberOfRing(member: EtcdMember): PlatformMember {
  const { name, clientUrl, dataDirectory } = member;
  const end = async (): Promise<void> => await member.kill();
  const start = async (): Promise<void> => await member.start();
  return {
    name,
    clientUrl,
    dataDirectory,
    pid: () => member.pid(),
    output: () => member.output(),
    kill: end,
    hold: end,
    release: start,
    powerOff: end,
    powerOn: start,
    kubelet: null,
  };
}
