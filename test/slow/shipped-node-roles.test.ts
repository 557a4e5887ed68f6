import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { GroupPlanContext } from '../../jobs/node-groups/provider.ts';
import { planPreflight } from '../../jobs/steps/preflight/plan-preflight.ts';
import { outlook } from '../../jobs/upgrade/outlook.ts';
import { deployWorkload, type SampleWorkload } from '../../playground/workload/workload.ts';
import { createNoAccess } from '../../src/adapters/etcd/no-access.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { CORDONED_BY } from '../../src/core/drain/view.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { kubectl } from '../support/cluster-pods.ts';
import { drainParams } from '../support/drain-params.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { NO_PORTS } from '../support/no-ports.ts';
import { render, roleFolder } from '../support/rendered.ts';
import { type RightsScene, startRightsScene, WORKER } from '../support/rights-scene.ts';
import type { RunbookScene, ScenePeople } from '../support/runbook-scene.ts';
import { sampleCluster } from '../support/sample-cluster.ts';
import { upgradeParams } from '../support/upgrade-params.ts';

const BY = 'T0HOME/U0OPERATOR';
const OLD = 'v1.36.1';
const CURRENT = 'v1.36.2';
/** A run that drained `worker-1`. */
const RUN = 'drain-prod-7f3k';
/** An upgrade on Cluster API, and its way back, ask etcd too, for a backup, with the rights of `etcd-backup`: here is none. */
const NO_ETCD = { etcd: undefined } as const;
const LONG = 120_000;
const GROUP = { 'karpenter.sh/nodepool': 'blue' } as const;
const DRAIN = drainParams({ deleteEmptyDir: true });
const UPGRADE = upgradeParams({ what: { kind: 'nodegroup', names: ['blue'] }, to: CURRENT, deleteEmptyDir: true });

/** Pods with a volume, on every node: where its claim can be used is looked at. */
const CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'files', namespace: 'web' },
  spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
} as const;
const FILES = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'files', namespace: 'web' },
  spec: {
    replicas: 8,
    selector: { matchLabels: { app: 'files' } },
    template: {
      metadata: { labels: { app: 'files' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'nginx', image: 'nginx:1.27' }],
        volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'files' } }],
      },
    },
  },
} as const;
/** It is asked about pods, and somebody must answer. The stand-in calls no webhooks. */
const WEBHOOK = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'strict' },
  webhooks: [
    {
      name: 'strict.example.com',
      clientConfig: { service: { namespace: 'web', name: 'strict' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ],
} as const;

const LEAVING = { nodes: ['worker-3'], surge: 1, unavailable: 0 } as const;
/** New nodes come first, and nobody keeps the group in Git. */
const LEAVES = { leaving: LEAVING, newFirst: true, patches: [], suspend: false } as const;
/** Steps between minor versions with which Kubernetes took versions of APIs away. */
const REMOVALS = [
  ['v1.24.0', 'v1.25.0'],
  ['v1.31.0', 'v1.32.0'],
] as const;

let scene: RightsScene;
let nginx: SampleWorkload;

beforeAll(async () => {
  scene = await startRightsScene({ controlPlanes: 1, workers: 3, pace: 0.1 });
  addNode('blue-1', OLD);
  await scene.cluster.waitReady();
  nginx = await deployWorkload(scene.cluster.api);
  await apply(CLAIM, FILES);
  await scene.admin(['-n', 'web', 'rollout', 'status', 'deployment/files', '--timeout=60s']);
}, 120_000);
afterAll(async () => {
  nginx.stop();
  await scene.stop();
});

async function apply(...objects: readonly JsonObject[]): Promise<void> {
  const file = join(scene.cluster.directory, 'applied.yaml');
  await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
  await scene.admin(['apply', '--server-side', '-f', file]);
}

function addNode(name: string, version: string): void {
  scene.cluster.addNode(name, 'worker', { version, labels: GROUP }).startKubelet();
}

/** The machine of a node goes, and another one joins in its place. */
async function replaceMachine(): Promise<void> {
  await scene.cluster.removeNode('blue-1');
  await scene.admin(['delete', 'node', 'blue-1']);
  addNode('blue-2', CURRENT);
}

interface Case {
  readonly runbook: string;
  /** Parts of the folder of its rights beside the first. */
  readonly beside?: readonly string[];
  readonly params: JsonObject;
  /** Further entries of the cluster; absent: it has a way to etcd, for which its account has no rights. */
  readonly more?: typeof NO_ETCD;
  readonly people?: ScenePeople;
  /** What is looked at in the same cluster where Cluster API owns the machines, with the same rights. */
  readonly onClusterApi?: (context: GroupPlanContext) => Promise<unknown>;
}

/** Rights that were taken and are not granted, and that are granted and were not taken. */
type Compared = ReturnType<typeof compareRights>;
const EXACT: Compared = { missing: [], unused: [] };

/** Runs it, which has to succeed, with the rights of its shipped roles and no other. */
async function withShipped({ runbook, beside = [], params, more, people, onClusterApi }: Case): Promise<Compared> {
  const shipped = [roleFolder(runbook), ...beside.map((part) => roleFolder(runbook, part))].flatMap(render);
  await scene.grant(shipped);
  const worker = scene.runbooks('tunnel', scene.cluster.etcd.tls, more, people);

  const state = await worker.run(runbook, params);
  await onClusterApi?.(await lookOf(worker));

  expect(state.ended, JSON.stringify([state.ended, state.plan?.checks])).toMatchObject({ outcome: 'succeeded' });
  expect(JSON.stringify(state)).not.toContain('is not allowed for');
  return compareRights(worker.requests, grantedTo(WORKER, shipped));
}

/** What a plan may use. */
async function lookOf(worker: RunbookScene): Promise<GroupPlanContext> {
  const { signal } = new AbortController();
  return {
    ports: { ...NO_PORTS, etcd: createNoAccess('nobody asks'), kubernetes: await worker.kubernetes() },
    cluster: sampleCluster({ etcdAccess: null }),
    signal,
    nowMs: () => systemClock.nowMs(),
    nowIso: () => new Date(systemClock.nowMs()).toISOString(),
    pause: async (ms) => await systemClock.sleep(ms, signal),
  };
}

async function uidOf(node: string): Promise<string> {
  const { code, text } = await kubectl(scene.cluster, ['get', 'node', node, '-o', 'jsonpath={.metadata.uid}']);
  expect(code, text).toBe(0);
  return text;
}

test('groups of nodes are read', async () => {
  expect(await withShipped({ runbook: 'nodegroups', params: {} })).toEqual(EXACT);
});

test('a drain within budgets', { timeout: LONG }, async () => {
  expect(await withShipped({ runbook: 'drain', params: DRAIN })).toEqual(EXACT);
});

test('an uncordon', async () => {
  await scene.admin(['cordon', 'worker-1']);

  expect(await withShipped({ runbook: 'uncordon', params: { nodes: ['worker-1'] } })).toEqual(EXACT);
});

test('a drain by force needs the rights beside its own', { timeout: LONG }, async () => {
  const params = { ...DRAIN, nodes: ['worker-2'], ignoreBudgets: true, forceStuck: true };

  // Nothing is evicted, and nothing is stuck: what is deleted by force is looked at first.
  expect(await withShipped({ runbook: 'drain', beside: ['by-force'], params })).toEqual({
    missing: [],
    unused: ['ClusterRole drydock-drain-by-force: get pods', 'ClusterRole drydock-drain: create pods/eviction'],
  });
});

test('the undoing of a drain, and what speaks against that of an upgrade', async () => {
  await scene.admin(['cordon', 'worker-3']);
  await scene.admin(['annotate', 'node', 'worker-3', `${CORDONED_BY}=${RUN}`]);
  const records = [{ kind: 'drain', nodes: [{ name: 'worker-3', uid: await uidOf('worker-3') }] }];

  const compared = await withShipped({
    runbook: 'undo',
    params: { run: RUN, records, by: BY },
    more: NO_ETCD,
    // A group that goes back takes its nodes away. test/repo/upgrade-roles.test.ts has what that takes in the management cluster.
    onClusterApi: async (context) => await outlook(context, LEAVES),
  });

  expect(compared).toEqual(EXACT);
});

test('an upgrade of nodes that people replace, and the pre-flight of a control plane', { timeout: LONG }, async () => {
  const compared = await withShipped({
    runbook: 'upgrade',
    params: UPGRADE,
    more: NO_ETCD,
    people: { workOutside: replaceMachine },
    onClusterApi: async (context) => {
      await apply(WEBHOOK);
      for (const [from, to] of REMOVALS)
        await planPreflight(context, { from, to, controlPlane: true, groups: [], leaving: LEAVING });
    },
  });

  expect(compared).toEqual({
    // Releases of Helm are Secrets. Whoever wants them looked through grants it; without it the check says that it did not look.
    missing: ['list secrets'],
    // No server of today has them.
    unused: ['ClusterRole drydock-upgrade: list podsecuritypolicies.policy'],
  });
});
