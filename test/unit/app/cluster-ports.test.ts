import { describe, expect, test } from 'vitest';
import { createClusterPorts } from '../../../src/app/cluster-ports.ts';
import { buildConfig } from '../../../src/config/build.ts';
import type { Config } from '../../../src/config/config.ts';
import { ConfigFile } from '../../../src/config/schema.ts';

function configOf(etcd: unknown): Config {
  return buildConfig(
    '/nowhere/drydock.yaml',
    ConfigFile.parse({ version: 1, clusters: { prod: { platform: 'kubeadm', etcd, channels: { ops: 'C0OPS' } } } }),
  );
}

describe('createClusterPorts', () => {
  test('gives a port for each piece of work; all end with the connections they share', async () => {
    const ports = createClusterPorts(configOf({ access: 'direct', endpoints: ['http://127.0.0.1:1'] }));

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

  test.each([
    [
      'an unknown cluster',
      'staging',
      { access: 'direct', endpoints: ['http://127.0.0.1:1'] },
      'There is no cluster staging in the configuration of this worker.',
    ],
    [
      'certificates that cannot be read',
      'prod',
      { access: 'direct', endpoints: ['https://127.0.0.1:1'], tls: { ca: 'a', cert: 'b', key: 'c' } },
      /^The certificates for the etcd of prod cannot be used: .*cannot read the CA certificate \/nowhere\/a: there is no such file/,
    ],
  ])('says in words why there is none: %s', async (_name, cluster, etcd, words) => {
    await expect(createClusterPorts(configOf(etcd)).of(cluster, ['etcd'])).rejects.toThrow(words);
  });

  test.each([
    ['no access', undefined, 'The configuration does not say how to reach the etcd of prod.'],
    ['exec', { access: 'exec' }, 'Access to the etcd of prod by exec is not supported yet; use direct.'],
    ['tunnel', { access: 'tunnel' }, 'Access to the etcd of prod by tunnel is not supported yet; use direct.'],
  ])('a plan must be able to say in its checks that there is no way: %s', async (_name, etcd, message) => {
    const ports = createClusterPorts(configOf(etcd));
    const { etcd: port } = await ports.of('prod', ['etcd']);

    expect(await port.members({ timeoutMs: 100 })).toEqual({ ok: false, error: { code: 'not-available', message } });
    expect(await port.put('key', new Uint8Array(), { timeoutMs: 100 })).toMatchObject({ ok: false });
    await ports.close();
  });
});
