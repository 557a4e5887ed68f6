import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { profileOf } from '../../../src/config/to-core.ts';
import { DEFAULT_REPLACE } from '../../../src/core/cluster-profile.ts';
import { GOOD, load, problemsOf, warningsOf } from './support.ts';

const HOSTS =
  'hosts: { ssh: { user: drydock, key: client.key, knownHosts: client.crt }, dataDirectory: /var/lib/etcd, environmentFile: /etc/etcd/etcd.env }';

/** A configuration whose etcd section has these lines. */
function withEtcd(lines: string): string {
  return GOOD.replace('      defrag:', `      ${lines}\n      defrag:`);
}

function clusterOf(file: Record<string, unknown>) {
  const clusters = { edge: { channels: { ops: 'C0OPS' }, ...file } };
  const [cluster] = buildConfig('/etc/drydock/drydock.yaml', ConfigFile.parse({ version: 1, clusters })).clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return cluster;
}

describe('times of a replacement', () => {
  test('are the defaults where nothing is said, also without etcd', () => {
    expect(clusterOf({ platform: 'eks' }).replace).toEqual(DEFAULT_REPLACE);
    expect(clusterOf({ platform: 'kubeadm', etcd: { access: 'exec' } }).replace).toEqual(DEFAULT_REPLACE);
  });

  test('are taken as they are written', () => {
    const replace = {
      watch: '3m',
      backupAge: '30m',
      machineReady: '45m',
      joined: '10m',
      caughtUp: '5m',
      hostBuilt: '24h',
      nodeNotReady: '90s',
      still: '2m',
    };
    const cluster = clusterOf({ platform: 'kubeadm', etcd: { access: 'exec', replace } });

    expect(profileOf(cluster).replace).toEqual({
      watchMs: 180_000,
      backupAgeMs: 1_800_000,
      machineReadyMs: 2_700_000,
      joinedMs: 600_000,
      caughtUpMs: 300_000,
      hostBuiltMs: 86_400_000,
      nodeNotReadyMs: 90_000,
      stillMs: 120_000,
    });
  });

  test.each(['watch: 0s', 'watch: soon', 'wait: 2m'])('%s is refused', async (line) => {
    expect(await problemsOf(withEtcd(`replace: { ${line} }`))).toHaveLength(1);
  });
});

describe('hosts of a bare ring', () => {
  test('files are taken from the folder of the configuration; what runbooks know has no key and no user', async () => {
    const result = await load(withEtcd(HOSTS));
    const cluster = result.ok ? result.config.clusters[0] : undefined;

    expect(cluster?.etcd?.hosts).toEqual({
      ssh: {
        user: 'drydock',
        key: resolve(result.ok ? result.config.file : '', '..', 'client.key'),
        knownHosts: resolve(result.ok ? result.config.file : '', '..', 'client.crt'),
        port: 22,
      },
      facts: { service: 'etcd.service', dataDirectory: '/var/lib/etcd', environmentFile: '/etc/etcd/etcd.env' },
    });
    const profile = cluster === undefined ? null : profileOf(cluster);
    expect(profile?.hosts).toEqual(cluster?.etcd?.hosts?.facts);
    expect(JSON.stringify(profile)).not.toMatch(/client\.key|"drydock"/);
  });

  test('left out there are none', () => {
    expect(profileOf(clusterOf({ platform: 'eks' })).hosts).toBeNull();
  });

  test.each([
    ['knownHosts: client.crt', '', 'hosts.ssh.knownHosts'],
    ['user: drydock', 'user: "-oProxyCommand=x"', 'hosts.ssh.user'],
    ['/var/lib/etcd', 'var/lib/etcd', 'hosts.dataDirectory: expected an absolute path'],
    ['/var/lib/etcd', '/', 'hosts.dataDirectory: expected an absolute path'],
    ['/var/lib/etcd', '"/var/lib/etcd; rm"', 'hosts.dataDirectory: expected an absolute path'],
    ['/var/lib/etcd', '/var/../etc', 'hosts.dataDirectory: expected a path without ..'],
    ['ssh: {', 'service: etcd, ssh: {', 'hosts.service: expected the name of a service'],
    ['user: drydock', 'user: drydock, port: 70000', 'hosts.ssh.port: expected a port'],
    ['user: drydock', 'user: drydock, password: x', 'hosts.ssh.password'],
  ])('%s as %j is refused', async (was, is, words) => {
    const written = HOSTS.replace(is === '' ? `, ${was}` : was, is);

    expect(await problemsOf(withEtcd(written))).toEqual([expect.stringContaining(words)]);
  });

  test('files that are not there are named', async () => {
    expect((await problemsOf(withEtcd(HOSTS.replace('client.key', 'ssh.key')))).join()).toMatch(
      /etcd\.hosts\.ssh\.key.*ssh\.key/,
    );
  });

  test('another platform does not use them', async () => {
    const yaml = withEtcd(HOSTS).replace('platform: etcd', 'platform: kubeadm');

    expect((await warningsOf(yaml)).join()).toContain('etcd.hosts: is not used by platform kubeadm');
  });
});

test('where the cluster is managed from is known without its address', () => {
  const management = { kubeconfig: 'mgmt.kubeconfig', namespace: 'prod' };

  expect(profileOf(clusterOf({ platform: 'cluster-api', management })).management).toEqual({ namespace: 'prod' });
  expect(profileOf(clusterOf({ platform: 'kubeadm' })).management).toBeNull();
});
