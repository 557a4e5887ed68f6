import { dirname } from 'node:path';
import { z } from 'zod';
import { backups } from '../../jobs/backups/runbook.ts';
import { etcdBackup } from '../../jobs/etcd-backup/runbook.ts';
import { etcdDefrag } from '../../jobs/etcd-defrag/runbook.ts';
import { etcdDrill } from '../../jobs/etcd-drill/runbook.ts';
import { status } from '../../jobs/status/runbook.ts';
import { createBackupVault } from '../../src/adapters/backup/vault.ts';
import { createDrill } from '../../src/adapters/drill/drill.ts';
import { createSocketEtcd, openDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import { readEtcdTls } from '../../src/adapters/etcd/tls.ts';
import { createFileStore } from '../../src/adapters/object-store/file.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { type ClusterProfile, DEFAULT_REPLACE } from '../../src/core/cluster-profile.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { BackupVault } from '../../src/core/ports/backup-vault.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import type { ObjectStore } from '../../src/core/ports/object-store.ts';
import type { Doorbell, RunStore } from '../../src/core/ports/run-store.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../src/engine/deps.ts';
import { BINARY_3_4, BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { operator, silentLog, TEAM } from './engine-harness.ts';
import { NO_KUBERNETES } from './no-kubernetes.ts';
import { NO_PORTS } from './no-ports.ts';
import { openAdmission } from './open-admission.ts';
import { s3Settings } from './s3-server.ts';

/** Where backups go. */
const Place = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), folder: z.string() }),
  z.object({ kind: z.literal('s3'), endpoint: z.string(), credentialsFile: z.string() }),
]);
export type Place = z.infer<typeof Place>;

/** What a worker of these tests is told, so that it can be told to another process. */
export const BackupWorld = z.object({
  redisUrl: z.string(),
  endpoints: z.array(z.string()),
  tls: z.object({ ca: z.string(), cert: z.string(), key: z.string() }),
  place: Place,
  compression: z.enum(['none', 'zstd']),
  /** `null`: not encrypted. */
  keys: z.object({ recipients: z.array(z.string()).readonly(), identityFile: z.string().nullable() }).nullable(),
  drills: z.string(),
  worker: z.string(),
  /** How far its clock is ahead, ms. */
  aheadMs: z.number(),
});
export type BackupWorld = z.infer<typeof BackupWorld>;

/** What may be put between a worker and its world. */
export interface WorldWraps {
  readonly store?: (store: ObjectStore) => ObjectStore;
  readonly etcd?: (port: EtcdPort) => EtcdPort;
}

/** Lease of these tests, ms: a successor need not wait long, and a busy machine keeps it. */
const LEASE_MS = 3000;

const POLICY: Policy = {
  homeTeam: TEAM,
  roles: [{ name: 'operator', users: [operator.user] }],
  rules: [
    {
      clusters: ['prod'],
      commands: ['backup', 'backups', 'defrag', 'drill', 'status'],
      allow: ['operator'],
      approvals: null,
    },
  ],
  defaultApprovals: { required: 1, from: ['operator'], requesterMayApprove: true, expiresMs: 30 * 60_000 },
};

function profileOf(name: string): ClusterProfile {
  return {
    name,
    platform: 'etcd',
    etcdAccess: 'direct',
    defrag: {
      minFragmented: 0.5,
      maxQuotaUsed: 0.5,
      pauseMs: 0,
      answerWithinMs: 60_000,
      sampleMs: 200,
      quotaBytes: null,
    },
    replace: DEFAULT_REPLACE,
    backups: { maxAgeMs: 86_400_000, retention: { keepLast: 1, maxAgeMs: null } },
    channels: { ops: 'C0', incidents: null, audit: null },
  };
}

/** A clock that is ahead of this machine's. */
export function clockAhead(aheadMs: number): Clock {
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + aheadMs,
    nowIso: () => new Date(systemClock.nowMs() + aheadMs).toISOString(),
  };
}

/** The vault of a world. */
export function vaultOf({ place, keys, compression, aheadMs }: BackupWorld, wraps: WorldWraps = {}): BackupVault {
  const store =
    place.kind === 'file'
      ? createFileStore(place.folder)
      : createS3Store(s3Settings(place.endpoint, { credentialsFile: place.credentialsFile }), {
          env: {},
          nowMs: () => Date.now(),
        });
  return createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock: clockAhead(aheadMs),
    main: wraps.store?.(store) ?? store,
    static: null,
    settings: { compression, encryption: keys, staticEncryption: null, retainMs: null },
  });
}

/** Everything an engine needs to back up, drill and defragment a real ring. The cluster keeps one backup. */
export async function backupDeps(
  world: BackupWorld,
  parts: { readonly store: RunStore; readonly doorbell: Doorbell },
  wraps: WorldWraps = {},
): Promise<EngineDeps & { readonly close: () => Promise<void> }> {
  const read = await readEtcdTls(world.tls);
  if (!read.ok) throw new Error(read.problems.join('; '));
  const etcd = openDirectEtcd({ endpoints: world.endpoints, tls: read.tls });
  const clock = clockAhead(world.aheadMs);
  const drill = createDrill({
    folder: world.drills,
    searchIn: [dirname(BINARY_3_4), dirname(BINARY_3_5)],
    path: '',
    etcdAt: createSocketEtcd,
    clock,
    log: silentLog,
  });
  const vault = vaultOf(world, wraps);
  const newEtcd = (): EtcdPort => {
    const port = etcd.newPort();
    return wraps.etcd?.(port) ?? port;
  };
  return {
    ...parts,
    clock,
    ids: randomIds,
    log: silentLog,
    digest: canonicalDigest,
    runbooks: [etcdBackup, backups, etcdDrill, etcdDefrag, status],
    admission: openAdmission(),
    policy: () => POLICY,
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: {
      ...DEFAULT_SETTINGS,
      worker: world.worker,
      leaseMs: LEASE_MS,
      leaseMarginMs: 500,
      watchMs: 100,
      lockPollMs: 100,
      retryMs: 100,
    },
    cluster: profileOf,
    ports: async () =>
      await Promise.resolve({ ...NO_PORTS, etcd: newEtcd(), kubernetes: NO_KUBERNETES, backups: vault, drill }),
    standing: async () => await Promise.resolve([]),
    witness: () => null,
    close: async () => await etcd.close(),
  };
}
