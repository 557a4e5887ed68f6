import { join } from 'node:path';
import { makeRingCertificates, type RingCertificates } from '../certificates.ts';
import { makeTemporaryDirectory, removeDirectory } from '../directories.ts';
import type { EtcdMember } from '../etcd-member.ts';
import { throughAny } from '../etcd-membership.ts';
import { type EtcdRing, type EtcdRingOptions, ringOf } from '../etcd-ring.ts';
import { createHost, type PlaygroundHost } from './host.ts';
import { type HostAccess, type HostsEntry, makeHostAccess } from './host-access.ts';
import { memberOfHost, peerUrlOf } from './host-member.ts';
import { certificateFiles, hostSettings } from './host-settings.ts';
import { chooseAddresses, SSH_PORT } from './places.ts';

/** All optional. */
export interface HostRingOptions extends Omit<EtcdRingOptions, 'args'> {
  /** Further settings of every member (`ETCD_…`). */
  readonly settings?: Readonly<Record<string, string>>;
  /** Pause before a host's systemd starts its service again, ms; default 2000. */
  readonly restartMs?: number;
  /** Addresses kept for hosts that are built later; default 3. */
  readonly spare?: number;
}

/**
 * A real etcd ring whose members live on hosts: one address a host, an ssh server each, etcd as a service with a file of settings. What
 * {@link EtcdRing.members} holds grows when a host is built.
 */
export interface HostRing extends EtcdRing {
  /** What `drydock.yaml` says under `etcd.hosts`. */
  readonly entry: HostsEntry;
  hosts(): readonly PlaygroundHost[];
  /** @throws Error for an unknown name. */
  host(name: string): PlaygroundHost;
  /** Where the next new host would be: what `--peer-url` can name. @throws Error when no address is left. */
  nextPlace(): { readonly name: string; readonly peerUrl: string };
  /**
   * What a person does at a gate that asks for a host: sets up the machine whose address the ring waits for (the member that was added
   * and never started), with the ring's list as it is now, pins its new host key, and starts it. A machine that is there is switched
   * off and emptied first.
   *
   * @throws Error when the ring waits for no member, or for one at an address that is not the playground's.
   */
  build(): Promise<PlaygroundHost>;
}

/** Starts hosts `m-1` … `m-n` and waits until every member is healthy. Needs Linux. */
export async function startHostRing(options: HostRingOptions = {}): Promise<HostRing> {
  const directory = options.directory ?? (await makeTemporaryDirectory('hosts'));
  const started: PlaygroundHost[] = [];
  async function remove(): Promise<void> {
    await Promise.all(started.map((host) => host.powerOff()));
    if (options.directory === undefined) await removeDirectory(directory);
  }
  try {
    const size = options.size ?? 3;
    const addresses = await chooseAddresses(size + (options.spare ?? 3));
    const certificates = await makeRingCertificates(directory, addresses);
    const park: Park = {
      options,
      directory,
      addresses,
      certificates,
      access: await makeHostAccess(directory),
      token: `hosts-${addresses[0] ?? ''}`,
      hosts: started,
      members: [],
    };
    return await startPark(park, size, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Park {
  readonly options: HostRingOptions;
  readonly directory: string;
  readonly addresses: readonly string[];
  readonly certificates: RingCertificates;
  readonly access: HostAccess;
  readonly token: string;
  readonly hosts: PlaygroundHost[];
  readonly members: EtcdMember[];
}

async function startPark(park: Park, size: number, remove: () => Promise<void>): Promise<HostRing> {
  const first = park.addresses.slice(0, size).map((address) => addHost(park, address));
  const initialCluster = first.map(({ name, address }) => `${name}=${peerUrlOf(address)}`).join(',');
  await Promise.all(first.map((host) => install(park, host, initialCluster, 'new')));
  await park.access.pin(park.hosts);
  await Promise.all(first.map((host) => host.powerOn()));
  const { directory, members, certificates } = park;
  const ring = ringOf({ directory, members: () => members, tls: certificates.client, remove });
  await ring.waitHealthy(60_000);
  return Object.assign(ring, {
    entry: park.access.entry,
    hosts: () => park.hosts,
    host: (name: string) => hostOf(park, name),
    nextPlace: () => nextPlace(park),
    build: () => build(park),
  });
}

function addHost(park: Park, address: string): PlaygroundHost {
  const { options, directory, access } = park;
  const name = `m-${park.addresses.indexOf(address) + 1}`;
  const host = createHost({
    name,
    address,
    sshPort: SSH_PORT,
    directory: join(directory, name),
    etcd: options.binary ?? 'etcd',
    authorizedKey: access.publicKey,
    user: access.entry.ssh.user,
    restartMs: options.restartMs ?? 2_000,
    removeWhenOrphaned: [directory],
  });
  park.hosts.push(host);
  park.members.push(memberOfHost(host, park.certificates.client));
  return host;
}

async function install(
  park: Park,
  host: PlaygroundHost,
  initialCluster: string,
  state: 'new' | 'existing',
): Promise<void> {
  const { options, token, certificates } = park;
  const { name, address } = host;
  const quotaBytes = options.quotaBytes ?? 512 * 1024 * 1024;
  const more = options.settings ?? {};
  const settings = hostSettings({ name, address, initialCluster, state, token, quotaBytes, more });
  await host.reinstall(settings, await certificateFiles(certificates));
}

function hostOf(park: Park, name: string): PlaygroundHost {
  const found = park.hosts.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no host ${name}`);
  return found;
}

function nextPlace(park: Park): { readonly name: string; readonly peerUrl: string } {
  const at = park.hosts.length;
  const address = park.addresses[at];
  if (address === undefined) throw new Error('no address is left for another host');
  return { name: `m-${at + 1}`, peerUrl: peerUrlOf(address) };
}

async function build(park: Park): Promise<PlaygroundHost> {
  const endpoints = park.members.filter((each) => each.pid() !== undefined).map((each) => each.clientUrl);
  const listed = await throughAny(endpoints, park.certificates.client, (membership) => membership.list());
  const waited = listed.find((each) => each.name === '');
  if (waited === undefined) throw new Error('the ring waits for no member: every one of its list has started');
  const address = park.addresses.find((each) => waited.peerUrls.includes(peerUrlOf(each)));
  if (address === undefined) throw new Error(`${waited.peerUrls.join(', ')} is no address of the playground's hosts`);
  const host = park.hosts.find((each) => each.address === address) ?? addHost(park, address);
  const cluster = listed.flatMap((each) => each.peerUrls.map((url) => `${each.name || host.name}=${url}`));
  await host.powerOff();
  await install(park, host, cluster.join(','), 'existing');
  await park.access.pin(park.hosts);
  await host.powerOn();
  return host;
}
