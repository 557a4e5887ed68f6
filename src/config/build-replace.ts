import { resolve } from 'node:path';
import type { ReplaceSettings } from '../core/cluster-profile.ts';
import type { HostsConfig } from './config.ts';
import type { HostsEntry, ReplaceEntry } from './replace-entry.ts';

/** Access to the machines of a bare ring; paths of this machine are taken from `folder`. `null`: none is configured. */
export function buildHosts(entry: HostsEntry | undefined, folder: string): HostsConfig | null {
  if (entry === undefined) return null;
  const { ssh, service, dataDirectory, environmentFile } = entry;
  return {
    ssh: {
      user: ssh.user,
      key: resolve(folder, ssh.key),
      knownHosts: resolve(folder, ssh.knownHosts),
      port: ssh.port,
    },
    facts: { service, dataDirectory, environmentFile },
  };
}

/** Times of a replacement, ms. */
export function buildReplace(entry: ReplaceEntry): ReplaceSettings {
  return {
    watchMs: entry.watch,
    backupAgeMs: entry.backupAge,
    machineReadyMs: entry.machineReady,
    joinedMs: entry.joined,
    caughtUpMs: entry.caughtUp,
    hostBuiltMs: entry.hostBuilt,
    nodeNotReadyMs: entry.nodeNotReady,
    stillMs: entry.still,
  };
}
