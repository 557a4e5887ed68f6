import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { createBackupVaults } from '../../../src/app/backup-vaults.ts';
import { createClusterPorts } from '../../../src/app/cluster-ports.ts';
import { buildConfig } from '../../../src/config/build.ts';
import type { ClusterConfig, Config } from '../../../src/config/config.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { silentLog } from '../../support/engine-harness.ts';

const KEY = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

function configOf(backups: Readonly<Record<string, unknown>>, folder = '/nowhere'): Config {
  const entries = Object.entries(backups).map(([name, entry]) => {
    const etcd = { access: 'direct', endpoints: ['http://127.0.0.1:1'] };
    return [name, { platform: 'etcd', etcd, backups: entry, channels: { ops: 'C0OPS' } }] as const;
  });
  return buildConfig(
    join(folder, 'drydock.yaml'),
    ConfigFile.parse({ version: 1, clusters: Object.fromEntries(entries), drills: { programs: ['etcd'] } }),
  );
}

function vaultsOf(config: Config): (name: string) => BackupVault {
  const vaults = createBackupVaults(systemClock);
  return (name) => vaults.of(config.clusters.find((each) => each.name === name) ?? unknown());
}

function unknown(): ClusterConfig {
  throw new Error('no such cluster');
}

const call = { signal: AbortSignal.timeout(60_000) };

describe('the vaults of clusters', () => {
  test('each is made once, and stands where the configuration says', () => {
    const of = vaultsOf(
      configOf({
        prod: { store: { type: 'file', path: 'backups' } },
        stage: {
          store: { type: 's3', bucket: 'backups', prefix: 'stage' },
          compression: 'none',
          encryption: { recipients: [KEY] },
          staticResources: {
            store: { type: 's3', bucket: 'keys' },
            encryption: { recipients: [KEY], identityFile: 'id' },
          },
        },
      }),
    );

    expect(of('prod')).toBe(of('prod'));
    expect(of('stage')).not.toBe(of('prod'));
    expect(of('prod').facts).toMatchObject({
      place: '/nowhere/backups',
      snapshot: { compression: 'zstd', recipients: [] },
      static: { place: '/nowhere/backups', recipients: [] },
    });
    expect(of('stage').facts).toMatchObject({
      place: 's3://backups/stage/',
      snapshot: { compression: 'none', recipients: [KEY], canOpen: false },
      static: { place: 's3://keys/', recipients: [KEY], canOpen: true },
    });
  });

  test('of a cluster without backups there is none, and it says what is missing', async () => {
    const of = vaultsOf(configOf({ prod: undefined }));

    expect(of('prod').facts).toBeNull();
    expect(await of('prod').list(call)).toEqual({
      ok: false,
      error: { code: 'not-configured', message: expect.stringContaining('clusters.prod.backups is missing') },
    });
  });

  test('in one folder, which has to be there, two clusters see only their own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drydock-vaults-'));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const store = { type: 'file', path: 'backups' };
    const of = vaultsOf(configOf({ prod: { store }, stage: { store } }, folder));

    expect(await of('prod').list(call)).toMatchObject({ ok: false, error: { code: 'store', store: 'wrong-place' } });
    await mkdir(join(folder, 'backups'));
    expect(await of('prod').list(call)).toEqual({ ok: true, value: [] });
    expect(await of('prod').noteRevision('cdf818194e3a8c32', '42', call)).toMatchObject({ ok: true });
    expect(await of('prod').highestRevision(call)).toEqual({ ok: true, value: '42' });
    expect(await of('stage').highestRevision(call)).toEqual({ ok: true, value: null });
    expect(await readdir(join(folder, 'backups'))).toEqual(['prod']);
  });
});

describe('ports of a cluster', () => {
  test('what a step did not ask for answers so; what it asked for is there', async () => {
    const config = configOf({ prod: { store: { type: 'file', path: 'backups' } } });
    const ports = createClusterPorts(config, { clock: systemClock, log: silentLog });
    onTestFinished(async () => await ports.close());

    const without = await ports.of('prod', []);
    const whole = await ports.of('prod', ['backups', 'drill']);
    const again = await ports.of('prod', ['backups', 'drill']);

    expect(await without.backups.list(call)).toMatchObject({ ok: false, error: { code: 'not-configured' } });
    expect(await without.drill.programsFor('3.5.0', call)).toEqual({
      ok: false,
      error: { code: 'no-program', message: 'This step did not ask for a drill' },
    });
    expect(whole.backups.facts?.place).toBe('/nowhere/backups');
    expect(again.backups).toBe(whole.backups);
    expect(again.drill).toBe(whole.drill);
  });

  test('a drill looks for programs in the configured folders too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drydock-vaults-'));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    await mkdir(join(folder, 'etcd'));
    for (const name of ['etcd', 'etcdutl'])
      await writeFile(join(folder, 'etcd', name), `#!/bin/sh\necho "${name} Version: 99.1.0"\n`, { mode: 0o755 });
    const ports = createClusterPorts(configOf({ prod: undefined }, folder), { clock: systemClock, log: silentLog });
    onTestFinished(async () => await ports.close());
    const { drill } = await ports.of('prod', ['drill']);

    expect(await drill.programsFor('99.0.0', call)).toEqual({
      ok: true,
      value: { version: '99.1.0', etcd: join(folder, 'etcd/etcd'), restore: join(folder, 'etcd/etcdutl') },
    });
  });
});
