import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOST_FACTS, type PlaygroundHost } from './host.ts';
import { makeKeyPair } from './key-pair.ts';
import { SSH_PORT } from './places.ts';

/** What `drydock.yaml` says of the hosts of a bare ring: the field `etcd.hosts`. */
export interface HostsEntry {
  readonly ssh: { readonly user: string; readonly key: string; readonly knownHosts: string; readonly port: number };
  readonly service: string;
  readonly dataDirectory: string;
  readonly environmentFile: string;
}

/** The key that logs in to the hosts, and the files that a worker is given. */
export interface HostAccess {
  readonly entry: HostsEntry;
  /** OpenSSH's line of the public key. */
  readonly publicKey: string;
  /** Pins the host keys as they are now: what a person does after a machine was set up anew. */
  pin(hosts: readonly PlaygroundHost[]): Promise<void>;
}

const USER = 'drydock';

/** Makes a key pair and an empty file of known hosts in a directory. */
export async function makeHostAccess(directory: string): Promise<HostAccess> {
  const { private: secret, public: publicKey } = makeKeyPair();
  const key = join(directory, 'ssh_key');
  const knownHosts = join(directory, 'known_hosts');
  await writeFile(key, secret, { mode: 0o600 });
  await writeFile(knownHosts, '');
  return {
    entry: { ssh: { user: USER, key, knownHosts, port: SSH_PORT }, ...HOST_FACTS },
    publicKey,
    async pin(hosts) {
      const lines = hosts.map((host) => `[${host.address}]:${SSH_PORT} ${host.hostKey()}\n`);
      await writeFile(knownHosts, lines.join(''));
    },
  };
}
