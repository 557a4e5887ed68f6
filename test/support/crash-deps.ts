import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { DEFAULT_REPLACE } from '../../src/core/cluster-profile.ts';
import type { Doorbell, RunStore } from '../../src/core/ports/run-store.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../src/engine/deps.ts';
import { createFakeEtcd } from '../fakes/etcd.ts';
import { silentLog, testPolicy } from './engine-harness.ts';
import type { FileValves } from './file-valves.ts';
import { NO_KUBERNETES } from './no-kubernetes.ts';
import { NO_PORTS } from './no-ports.ts';
import { openAdmission } from './open-admission.ts';
import { valveRunbook } from './valve-runbook.ts';

/** Lease of crash tests: short, so that a successor need not wait long. */
export const CRASH_LEASE_MS = 1500;

/** Everything an engine needs to turn valves, over a real store and doorbell. */
export function crashDeps(parts: {
  readonly store: RunStore;
  readonly doorbell: Doorbell;
  readonly valves: FileValves;
  readonly worker: string;
}): EngineDeps {
  return {
    store: parts.store,
    doorbell: parts.doorbell,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    digest: canonicalDigest,
    runbooks: [valveRunbook(parts.valves)],
    admission: openAdmission(),
    policy: () => testPolicy(),
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: {
      ...DEFAULT_SETTINGS,
      worker: parts.worker,
      leaseMs: CRASH_LEASE_MS,
      leaseMarginMs: 500,
      watchMs: 100,
      retryMs: 100,
    },
    cluster: (name) => ({
      name,
      platform: 'etcd',
      etcdAccess: null,
      defrag: {
        minFragmented: 0.5,
        maxQuotaUsed: 0.5,
        pauseMs: 0,
        answerWithinMs: 1000,
        sampleMs: 1,
        quotaBytes: null,
      },
      replace: DEFAULT_REPLACE,
      channels: { ops: 'C0', incidents: null, audit: null },
    }),
    ports: async () => await Promise.resolve({ ...NO_PORTS, etcd: createFakeEtcd({}).port, kubernetes: NO_KUBERNETES }),
    standing: async () => await Promise.resolve([]),
    witness: () => null,
  };
}
