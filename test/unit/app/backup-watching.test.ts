import { expect, onTestFinished, test } from 'vitest';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { type BackupWatching, watchAllBackups } from '../../../src/app/backup-watching.ts';
import type { BackupsConfig } from '../../../src/config/config.ts';
import type { Platform } from '../../../src/core/cluster-profile.ts';
import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { createFakeCardStore } from '../../fakes/card-store.ts';
import { createControlScene } from '../../support/control-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { NO_KUBERNETES } from '../../support/no-kubernetes.ts';
import { NO_PORTS } from '../../support/no-ports.ts';

const MINUTE_MS = 60_000;
const BACKUPS: BackupsConfig = {
  store: { type: 'file', path: '/backups' },
  staticStore: null,
  retention: { keepLast: null, maxAgeMs: null },
  compression: 'none',
  encryption: null,
  staticEncryption: null,
  maxAgeMs: 24 * 60 * MINUTE_MS,
};

function cluster(name: string, platform: Platform, backups: BackupsConfig | null) {
  return { name, platform, backups, channels: { ops: `C0${name.toUpperCase()}`, incidents: null, audit: null } };
}

/** Workers over one fake store, each with vaults of its own. */
function watchingScene() {
  const scene = createControlScene();
  const { clock, admission } = scene.harness;
  const cards = createFakeCardStore(scene.store);
  const etcd = createNoAccess('This scene has no etcd.');
  const config: BackupWatching['config'] = {
    clusters: [
      cluster('prod', 'etcd', BACKUPS),
      cluster('hangs', 'etcd', BACKUPS),
      cluster('cloud', 'eks', BACKUPS),
      cluster('bare', 'etcd', null),
    ],
  };
  /** Starts one; answers the clusters it looked at so far, and its end. */
  function worker(): { readonly looked: readonly string[]; stop(): Promise<void> } {
    const looked: string[] = [];
    const stopping = new AbortController();
    const ports = {
      of: async (name: string) => {
        looked.push(name);
        if (name === 'hangs') return await new Promise<never>(() => undefined);
        const backups = createFakeBackupVault(clock, { cluster: name });
        return await Promise.resolve({ ...NO_PORTS, etcd, kubernetes: NO_KUBERNETES, backups });
      },
    };
    const stores = { runs: scene.store, cards };
    void watchAllBackups(
      { config, clock, log: silentLog, ids: randomIds },
      stores,
      { ports, admission },
      stopping.signal,
    );
    onTestFinished(() => stopping.abort());
    return {
      looked,
      stop: async () => {
        stopping.abort();
        await clock.advance(0);
      },
    };
  }
  return { scene, clock, worker };
}

test('one worker looks, at once and then at its pace, at clusters with backups of their own; another follows when it is gone', async () => {
  const { scene, clock, worker } = watchingScene();
  const first = worker();
  await clock.advance(1000);
  expect(first.looked.toSorted()).toEqual(['hangs', 'prod']);
  const second = worker();
  await clock.advance(14 * MINUTE_MS);
  expect(first.looked).toHaveLength(2);
  // What was seen is confirmed after a quarter of an hour, and then there is an hour.
  await clock.advance(50 * MINUTE_MS);
  expect(first.looked.filter((name) => name === 'prod')).toHaveLength(2);
  await scene.keep();
  expect(scene.told).toMatchObject([{ channel: 'C0PROD', title: 'The backups of prod need attention' }]);
  expect(second.looked).toEqual([]);

  await first.stop();
  await clock.advance(2 * MINUTE_MS);
  expect(second.looked).toContain('prod');
  await scene.keep();
  expect(scene.told).toHaveLength(1);
});
