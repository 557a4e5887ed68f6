import { expect, test } from 'vitest';
import { runbooks } from '../../../jobs/index.ts';
import { standingChecks } from '../../../src/app/standing-checks.ts';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeDrill } from '../../fakes/drill.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { bodyOf } from '../../support/backup-samples.ts';
import { ROOMY } from '../../support/backup-scene.ts';
import { nodeObject } from '../../support/drain-objects.ts';
import { drainParams } from '../../support/drain-params.ts';
import { createHarness, operator } from '../../support/engine-harness.ts';
import { createSmallVault } from '../../support/small-vault.ts';
import { upgradeParams } from '../../support/upgrade-params.ts';

const BY = 'T0HOME/U0OPERATOR';
/** A run that drained `worker-3`, and the uid of that node. */
const DRAINED = { run: 'drain-prod-7f3k', uid: 'uid-worker-3' } as const;
/** The version of the control plane and of all workers but `worker-2`, which is a patch version behind. */
const CURRENT = 'v1.36.2';

/** What each runbook is asked with here; one that is not named takes no parameters. */
const PARAMS: Readonly<Record<string, JsonObject>> = {
  'etcd-defrag': { members: [], all: true, moveLeader: false, pauseMs: 0 },
  'etcd-backup': { member: null, note: null, by: BY },
  backups: { verify: false, hold: null, release: null, why: '', by: BY },
  'etcd-drill': { backup: 'latest' },
  'etcd-replace': {
    target: { kind: 'member', name: 'm-1' },
    backup: null,
    overHealthy: false,
    peerUrl: null,
    by: BY,
  },
  drain: drainParams({ nodes: ['worker-2'] }),
  uncordon: { nodes: ['worker-3'] },
  upgrade: upgradeParams({ what: { kind: 'nodegroup', names: ['workers'] }, to: CURRENT }),
  undo: {
    run: DRAINED.run,
    records: [{ kind: 'drain', nodes: [{ name: 'worker-3', uid: DRAINED.uid }] }],
    by: BY,
  },
};

/** A ring that is well has no member to replace, and says so. */
const BLOCKED: ReadonlySet<string> = new Set(['etcd-replace']);

/** A control plane and three workers: one as all are, one to drain or upgrade, and one that a run drained before. */
function putNodes(kubernetes: FakeKubernetes): void {
  for (const name of ['cp-1', 'worker-1']) kubernetes.put(nodeObject(name, CURRENT));
  kubernetes.put(nodeObject('worker-2', 'v1.36.1'));
  kubernetes.put({
    ...nodeObject('worker-3', CURRENT),
    metadata: { name: 'worker-3', uid: DRAINED.uid, annotations: { [CORDONED_BY]: DRAINED.run } },
    spec: { unschedulable: true },
  });
}

/** A kubeadm cluster with these parts of Drydock on it. Plans a runbook there and answers the run. */
async function planned(runbook: string, components: readonly string[]): Promise<RunState> {
  const kubernetes = createFakeKubernetes({ version: CURRENT });
  kubernetes.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-kube-system' } });
  putNodes(kubernetes);
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
