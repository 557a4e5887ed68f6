import { z } from 'zod';
import { drain } from '../../jobs/drain/runbook.ts';
import { etcdReplace } from '../../jobs/etcd-replace/runbook.ts';
import { upgrade } from '../../jobs/upgrade/runbook.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { createClusterPorts } from '../../src/app/cluster-ports.ts';
import { buildConfig } from '../../src/config/build.ts';
import { ConfigFile } from '../../src/config/schema.ts';
import { profilesOf } from '../../src/config/to-core.ts';
import { JsonObject } from '../../src/core/json.ts';
import type { Doorbell, RunStore } from '../../src/core/ports/run-store.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../src/engine/deps.ts';
import { approver, operator, silentLog, TEAM } from './engine-harness.ts';
import { openAdmission } from './open-admission.ts';

/** What workers of these tests are told, so that it can be told to other processes. */
export const ReplaceWorld = z.object({
  redisUrl: z.string(),
  /** Entry of the cluster `prod` in drydock.yaml, without channels. */
  cluster: JsonObject,
  /** Where workers note at which boundaries one of them has died already. */
  deaths: z.string(),
  /** Where workers die, each once: `call-made of remove-member`. */
  boundaries: z.array(z.string()),
});
export type ReplaceWorld = z.infer<typeof ReplaceWorld>;

/** Short, so that a successor need not wait long; a busy machine keeps it. */
const LEASE_MS = 2500;

/** An engine for replacements, drains and upgrades, with the access that a worker has, over a real store. */
export function replaceDeps(
  world: ReplaceWorld,
  parts: { readonly store: RunStore; readonly doorbell: Doorbell; readonly worker: string },
): EngineDeps {
  const clusters = { prod: { ...world.cluster, channels: { ops: 'C0OPS' } } };
  const config = buildConfig('/nowhere/drydock.yaml', ConfigFile.parse({ version: 1, clusters }));
  const access = createClusterPorts(config, { clock: systemClock, log: silentLog });
  const profiles = profilesOf(config);
  return {
    store: parts.store,
    doorbell: parts.doorbell,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    digest: canonicalDigest,
    runbooks: [etcdReplace, drain, upgrade],
    admission: openAdmission(),
    policy: () => ({
      homeTeam: TEAM,
      roles: [
        { name: 'operator', users: [operator.user] },
        { name: 'approver', users: [approver.user] },
      ],
      rules: [{ clusters: ['prod'], commands: ['replace', 'drain', 'upgrade'], allow: ['operator'], approvals: null }],
      defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 300_000 },
    }),
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: {
      ...DEFAULT_SETTINGS,
      worker: parts.worker,
      leaseMs: LEASE_MS,
      leaseMarginMs: 800,
      watchMs: 100,
      retryMs: 100,
    },
    cluster: (name) => profiles.find((profile) => profile.name === name) ?? null,
    ports: async (name, names) => await access.of(name, names),
    standing: async () => await Promise.resolve([]),
    witness: () => null,
  };
}
