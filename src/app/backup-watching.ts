import { hostname } from 'node:os';
import type { ClusterConfig } from '../config/config.ts';
import { hasManagedEtcd } from '../core/cluster-profile.ts';
import type { Clock, Ids, Log } from '../core/ports/runtime.ts';
import type { AdmissionDeps } from '../engine/admission.ts';
import { watchBackups } from '../engine/backup-watch.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';
import { tellRuns } from './told-runs.ts';

const OFFICE = 'backup-watch';
/** How often is looked whether it is time for a look, ms. */
const ROUND_MS = 15_000;
/** How long the office stands without renewal, ms. */
const OFFICE_MS = 60_000;

/** What watching stands on. */
export interface BackupWatching {
  readonly config: { readonly clusters: readonly Pick<ClusterConfig, 'name' | 'platform' | 'backups' | 'channels'>[] };
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: Ids;
}

/**
 * Looks after the backups of all clusters that have any configured, until the signal fires: one elected worker, at once and then at an interval.
 * A cluster whose provider runs etcd has none to take. Never rejects.
 */
export async function watchAllBackups(
  { config, clock, log, ids }: BackupWatching,
  stores: Pick<Stores, 'runs' | 'cards'>,
  { ports, admission }: { readonly ports: Pick<ClusterPorts, 'of'>; readonly admission: AdmissionDeps },
  signal: AbortSignal,
): Promise<void> {
  const watched = config.clusters.flatMap(({ name, platform, backups, channels }) =>
    backups === null || hasManagedEtcd(platform)
      ? []
      : [{ cluster: name, opsChannel: channels.ops, maxAgeMs: backups.maxAgeMs }],
  );
  if (watched.length === 0) return;
  const who = `${hostname()}-${process.pid}-${ids.suffix()}`;
  const deps = { clock, log, admission, store: tellRuns(stores.runs, log) };
  const nextMs = new Map<string, number>();
  // Each by itself: a store that hangs must not hide what is to be said of another.
  async function watch(order: (typeof watched)[number]): Promise<void> {
    const name = order.cluster;
    await repeat(ROUND_MS, signal, { clock, log }, `looking after the backups of ${name}`, async () => {
      if (!(await stores.cards.elect(OFFICE, who, OFFICE_MS))) {
        // Whoever is elected later begins with a look.
        nextMs.delete(name);
        return;
      }
      if (clock.nowMs() < (nextMs.get(name) ?? 0)) return;
      const { backups: vault } = await ports.of(name, ['backups']);
      const againMs = await watchBackups(deps, { ...order, vault }, signal);
      nextMs.set(name, clock.nowMs() + againMs);
    });
  }
  await Promise.all(watched.map(watch));
  await stores.cards.resign(OFFICE, who).catch(() => undefined);
}
