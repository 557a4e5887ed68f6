import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { createClusterPorts } from '../../../src/app/cluster-ports.ts';
import { buildConfig } from '../../../src/config/build.ts';
import type { Config } from '../../../src/config/config.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { whyUnseen } from '../../../src/core/etcd/access.ts';
import { silentLog } from '../../support/engine-harness.ts';

const RUNTIME = { clock: systemClock, log: silentLog };

function configFor(cluster: object): Config {
  const clusters = { prod: { ...cluster, channels: { ops: 'C0OPS' } } };
  return buildConfig('/nowhere/drydock.yaml', ConfigFile.parse({ version: 1, clusters }));
}

function configOf(etcd: unknown, kubeconfig?: string): Config {
  return configFor({ platform: 'kubeadm', etcd, kubeconfig });
}

describe('createClusterPorts', () => {
  test('gives a port for each piece of work; all end with the connections they share', async () => {
    const ports = createClusterPorts(configOf({ access: 'direct', endpoints: ['http://127.0.0.1:1'] }), RUNTIME);

    const first = await ports.of('prod', ['etcd']);
    const second = await ports.of('prod', ['etcd']);

    expect(second.etcd).not.toBe(first.etcd);
    await first.etcd.close();
    expect(await second.etcd.alarms({ timeoutMs: 5000 })).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    await ports.close();
    for (const { etcd } of [first, second]) {
      expect(await etcd.alarms({ timeoutMs: 100 })).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    }
  });

  test('an unknown cluster has none', async () => {
    const ports = createClusterPorts(configOf(undefined), RUNTIME);

    await expect(ports.of('staging', ['etcd'])).rejects.toThrow(
      'There is no cluster staging in the configuration of this worker.',
    );
  });

  test('certificates that cannot be read are an answer in words, for the checks of a plan', async () => {
    const tls = { ca: 'a', cert: 'b', key: 'c' };
    const ports = createClusterPorts(configOf({ access: 'direct', endpoints: ['https://127.0.0.1:1'], tls }), RUNTIME);
    const { etcd } = await ports.of('prod', ['etcd']);
    const answer = await etcd.members({ timeoutMs: 100 });

    expect(whyUnseen(answer.ok ? null : answer.error)).toMatch(/[^.]\.$/);
    expect(answer).toMatchObject({
      ok: false,
      error: {
        code: 'access-unusable',
        message: expect.stringMatching(
          /^The certificates for the etcd of prod cannot be used: .*cannot read the CA certificate \/nowhere\/a: there is no such file/,
        ),
      },
    });
    await ports.close();
  });

  test('a plan must be able to say in its checks that no way is configured', async () => {
    const ports = createClusterPorts(configOf(undefined), RUNTIME);
    const { etcd: port } = await ports.of('prod', ['etcd']);
    const message = 'The configuration does not say how to reach the etcd of prod';

    expect(await port.members({ timeoutMs: 100 })).toEqual({ ok: false, error: { code: 'not-available', message } });
    expect(await port.put('key', new Uint8Array(), { timeoutMs: 100 })).toMatchObject({ ok: false });
    await ports.close();
  });

  test('through a cluster that cannot be reached there is no way, in words', async () => {
    const byExec = createClusterPorts(configOf({ access: 'exec' }, '/nowhere/kubeconfig'), RUNTIME);
    const byTunnel = createClusterPorts(
      configOf({ access: 'tunnel', tls: { secret: 'kube-system/etcd' } }, '/nowhere/kubeconfig'),
      RUNTIME,
    );
    const { etcd: port } = await byExec.of('prod', ['etcd']);

    expect(await port.members({ timeoutMs: 5000 })).toMatchObject({
      ok: false,
      error: { code: 'access-unusable', message: expect.stringContaining('/nowhere/kubeconfig') },
    });
    const { etcd: tunnel } = await byTunnel.of('prod', ['etcd']);
    expect(await tunnel.members({ timeoutMs: 5000 })).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(/^The Secret kube-system\/etcd .* cannot be read: .*\/nowhere\/kubeconfig/),
      },
    });
    await Promise.all([byExec.close(), byTunnel.close()]);
  });

  test('a bare ring has no Kubernetes, and what was not asked for is not opened', async () => {
    const bare = { platform: 'etcd', etcd: { access: 'direct', endpoints: ['http://127.0.0.1:1'] } };
    const ports = createClusterPorts(configFor(bare), RUNTIME);
    const { kubernetes, etcd } = await ports.of('prod', ['kubernetes']);

    expect(await kubernetes.version({ timeoutMs: 100 })).toMatchObject({
      ok: false,
      error: { code: 'not-configured', message: 'prod is a bare etcd ring: it has no Kubernetes' },
    });
    expect(await etcd.alarms({ timeoutMs: 100 })).toMatchObject({ ok: false, error: { code: 'not-available' } });
    await ports.close();
  });
});

describe('the ways beside the cluster itself', () => {
  const management = { kubeconfig: '/nowhere/mgmt.kubeconfig', namespace: 'prod' };
  const hosts = {
    ssh: { user: 'drydock', key: '/nowhere/key', knownHosts: '/nowhere/known_hosts' },
    dataDirectory: '/var/lib/etcd',
    environmentFile: '/etc/etcd/etcd.env',
  };
  const direct = { access: 'direct', endpoints: ['http://127.0.0.1:1'] };

  test.each([
    ['kubeadm', { management }, 'prod is not managed by another cluster'],
    ['cluster-api', {}, 'The configuration does not say where the objects that manage prod live (management)'],
    ['eks-anywhere', { management }, '/nowhere/mgmt.kubeconfig'],
  ])('a managing cluster of %s', async (platform, more, words) => {
    const ports = createClusterPorts(configFor({ platform, ...more }), RUNTIME);
    const asked = await ports.of('prod', ['management']);
    const answer = await asked.management.version({ timeoutMs: 100 });

    expect(answer).toMatchObject({ ok: false, error: { code: 'not-configured' } });
    expect(answer.ok ? '' : answer.error.message).toContain(words);
    const other = await (await ports.of('prod', ['etcd'])).management.version({ timeoutMs: 100 });
    expect(other.ok ? '' : other.error.message).toContain('did not ask');
    await ports.close();
  });

  test.each([
    ['kubeadm', { access: 'exec' }, 'prod is no bare etcd ring'],
    ['etcd', direct, 'The configuration does not say how to reach the machines of prod (etcd.hosts)'],
    ['etcd', { ...direct, hosts }, '/nowhere/key'],
  ])('machines of %s', async (platform, etcd, words) => {
    const ports = createClusterPorts(configFor({ platform, etcd }), RUNTIME);
    const asked = await ports.of('prod', ['hosts']);
    const answer = await asked.hosts.run('10.0.0.11', ['true'], { timeoutMs: 100 });

    expect(answer).toMatchObject({ ok: false, error: { code: 'not-configured' } });
    expect(answer.ok ? '' : answer.error.message).toContain(words);
    expect(asked.hosts.facts?.service ?? null).toBe('hosts' in etcd ? 'etcd.service' : null);
    expect((await ports.of('prod', ['etcd'])).hosts.facts).toBeNull();
    await ports.close();
  });
});
