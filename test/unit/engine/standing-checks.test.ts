import { expect, test } from 'vitest';
import { runbooks } from '../../../jobs/index.ts';
import { standingChecks } from '../../../src/app/standing-checks.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeDrill } from '../../fakes/drill.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { bodyOf } from '../../support/backup-samples.ts';
import { ROOMY } from '../../support/backup-scene.ts';
import { createHarness, operator } from '../../support/engine-harness.ts';
import { createSmallVault } from '../../support/small-vault.ts';

/** What each runbook is asked with here; one that is not named takes no parameters. */
const PARAMS: Readonly<Record<string, JsonObject>> = {
  'etcd-defrag': { members: [], all: true, moveLeader: false, pauseMs: 0 },
  'etcd-backup': { member: null, note: null, by: 'T0HOME/U0OPERATOR' },
  backups: { verify: false, hold: null, release: null, why: '', by: 'T0HOME/U0OPERATOR' },
  'etcd-drill': { backup: 'latest' },
  'etcd-replace': {
    target: { kind: 'member', name: 'm-1' },
    backup: null,
    overHealthy: false,
    peerUrl: null,
    by: 'T0HOME/U0OPERATOR',
  },
};

/** A ring that is well has no member to replace, and says so. */
const BLOCKED: ReadonlySet<string> = new Set(['etcd-replace']);

/** A kubeadm cluster with these parts of Drydock on it. Plans a runbook there and answers the run. */
async function planned(runbook: string, components: readonly string[]): Promise<RunState> {
  const kubernetes = createFakeKubernetes();
  for (const component of components) {
    kubernetes.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'drydock',
        name: `drydock-${component}-0`,
        labels: { 'app.kubernetes.io/part-of': 'drydock', 'app.kubernetes.io/component': component },
      },
      spec: { nodeName: 'worker-1' },
      status: { phase: 'Running' },
    });
  }
  const harness = createHarness({ runbooks, store: createFakeRunStore, kubernetes: kubernetes.port });
  const commands = runbooks.map(({ id }) => id);
  harness.policy = {
    ...harness.policy,
    rules: [{ clusters: ['prod'], commands, allow: ['operator'], approvals: null }],
  };
  const given = harness.deps('w');
  const store = createSmallVault();
  store.put(bodyOf('2025-12-31T00:51:30.000Z'));
  const deps: EngineDeps = {
    ...given,
    cluster: (name) => {
      const profile = given.cluster(name);
      return profile === null ? null : { ...profile, platform: 'kubeadm', etcdAccess: 'tunnel', backups: ROOMY };
    },
    ports: async (...asked) => ({ ...(await given.ports(...asked)), backups: store.vault, drill: createFakeDrill() }),
    standing: async (_cluster, _changes, signal) => await standingChecks(kubernetes.port, signal),
  };
  const asked = await createDesk(deps).request({
    actor: operator,
    order: { runbook, cluster: 'prod', params: PARAMS[runbook] ?? {}, dryRun: true, waitForLock: false },
    command: runbook,
    policyVerb: runbook,
    origin: { channel: 'C0', threadTs: null },
    text: `/kube ${runbook} prod`,
    idempotencyKey: runbook,
  });
  if (asked.kind === 'refused') throw new Error(`${runbook} was refused: ${asked.why}`);
  await harness.through(createEngine(deps).advance(asked.runId, new AbortController().signal));
  const record = await deps.store.read(asked.runId);
  if (record === null) throw new Error(`there is no run ${asked.runId}`);
  return foldRun(record);
}

test.each(runbooks.map(({ id }) => id))(
  'the plan of %s says that its cluster hosts Drydock and its Redis, and what that means for the run',
  async (runbook) => {
    const state = await planned(runbook, ['worker', 'redis']);

    expect(state.plan?.checks.filter(({ id }) => id === 'hosts-drydock')).toEqual([
      {
        id: 'hosts-drydock',
        verdict: 'warn',
        title: 'This cluster hosts Drydock and its Redis',
        evidence: expect.stringMatching(
          /^while Redis is away nothing goes on, .*; while no worker is there the run stands still/,
        ),
      },
    ]);
    expect(state.ended?.outcome).toBe(BLOCKED.has(runbook) ? 'blocked' : 'planned');
  },
);

test.each(runbooks.map(({ id }) => id))(
  'the plan of %s says nothing where the cluster hosts neither',
  async (runbook) => {
    const state = await planned(runbook, []);

    expect(state.plan).not.toBeNull();
    expect(state.plan?.checks.filter(({ id }) => id.startsWith('hosts-'))).toEqual([]);
  },
);
