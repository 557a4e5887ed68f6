import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Capi, type CapiCollection, startCapi } from '../../../playground/cluster-api/capi.ts';
import { conditionOf, shapeOf } from '../../../playground/cluster-api/shape.ts';
import { throughAny } from '../../../playground/etcd-membership.ts';
import { numberAt, textAt } from '../../../playground/kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../../../playground/kubernetes/contracts.ts';
import { waitFor as waitForState } from '../../../playground/waiting.ts';

/** The stand-in for Cluster API, asked as by kubectl, rolls real etcd and workers with a workload that has a budget. */
let capi: Capi;
const shape = shapeOf('v1beta2');
const FROM = 'v1.30.6';
const TO = 'v1.31.4';
const LONG = 200_000;

beforeAll(async () => {
  capi = await startCapi({ pace: 0.2 });
  await startWorkload();
}, 120_000);
afterAll(() => capi.stop());

async function waitFor<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  return await waitForState(what, ask, { timeoutMs: 90_000, everyMs: 200 });
}

async function patch(
  collection: CapiCollection,
  name: string,
  body: Fields,
): Promise<{ status: number; words: string }> {
  const answer = await capi.management.api.request({ method: 'PATCH', path: `${capi.path(collection)}/${name}`, body });
  return { status: answer.status, words: textAt(answer.body, 'message') };
}

async function patchWorkers(spec: Fields): Promise<void> {
  expect((await patch('machineDeployments', 'capi-md-0', { spec })).status).toBe(200);
}

/** Machines of the deployment, or of the control plane. */
async function machines(of: 'md-0' | 'control-plane'): Promise<readonly ApiObject[]> {
  return (await capi.objects('machines')).filter((each) => textAt(each, 'metadata', 'name').startsWith(`capi-${of}`));
}

function uids(objects: readonly ApiObject[]): readonly string[] {
  return objects.map((each) => textAt(each, 'metadata', 'uid')).toSorted();
}

function said(object: ApiObject | undefined, type: string): string {
  const { status, reason, message } = conditionOf(shape, object, type);
  return [status, reason, message].join(' ');
}

async function startWorkload(): Promise<void> {
  const { api } = capi.workload;
  const labels = { app: 'nginx' };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'nginx', image: 'nginx' }] },
  };
  await create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  await create('/apis/apps/v1/namespaces/web/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'nginx' },
    spec: { replicas: 4, selector: { matchLabels: labels }, template },
  });
  await create('/apis/policy/v1/namespaces/web/poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'nginx' },
    spec: { minAvailable: 4, selector: { matchLabels: labels } },
  });
  await waitFor('the workload to be ready', async () => {
    const { body } = await api.request({ method: 'GET', path: '/apis/apps/v1/namespaces/web/deployments/nginx' });
    return numberAt(body, 'status', 'readyReplicas') === 4;
  });
}

async function create(path: string, body: Fields): Promise<void> {
  const { status } = await capi.workload.api.request({ method: 'POST', path, body });
  expect(status).toBe(201);
}

test(
  'workers of a newer version than their control plane are not made; with the version back nothing has moved',
  async () => {
    const before = uids(await machines('md-0'));
    await patchWorkers({ template: { spec: { version: TO } } });
    await waitFor('the new MachineSet to say that it waits', async () =>
      (await capi.objects('machineSets')).some((each) => said(each, 'ScalingUp').includes('"KubernetesVersionSkew"')),
    );

    await patchWorkers({ template: { spec: { version: FROM } } });
    await waitFor('the new MachineSet to be gone', async () => (await capi.objects('machineSets')).length === 1);
    await capi.waitReady();

    expect(uids(await machines('md-0'))).toEqual(before);
  },
  LONG,
);

test(
  'a worker that never joins, and one that vanishes, are told as they are, and are the first to go',
  async () => {
    const before = uids(await machines('md-0'));
    capi.knobs.neverJoins = true;
    await patchWorkers({ replicas: 4 });
    const lost = await waitFor('a machine without a node', async () =>
      (await machines('md-0')).find((each) => textAt(each, 'status', 'phase') === 'Provisioned'),
    );
    expect(said(lost, 'NodeHealthy')).toContain('InspectionFailed');
    await patchWorkers({ replicas: 3 });
    await waitFor('it to be gone', async () => (await machines('md-0')).length === 3);
    capi.knobs.neverJoins = false;

    capi.knobs.vanishes = true;
    await patchWorkers({ replicas: 4 });
    await waitFor('a machine whose node is gone', async () =>
      (await machines('md-0')).some((each) => said(each, 'NodeHealthy').startsWith('False NodeDeleted')),
    );
    expect(capi.knobs.vanishes).toBe(false);
    await patchWorkers({ replicas: 3 });
    await waitFor('it to be gone', async () => (await machines('md-0')).length === 3);

    expect(uids(await machines('md-0'))).toEqual(before);
  },
  LONG,
);

test(
  'a topology takes back what others change; it rolls the control plane, waits where it is told to, and workers leave within their budget',
  async () => {
    const before = uids(await capi.objects('machines'));
    await capi.adopt();
    await waitFor('the topology to be there', async () =>
      said((await capi.objects('clusters'))[0], 'TopologyReconciled').startsWith('True'),
    );
    await patch('controlPlanes', 'capi-control-plane', { spec: { version: TO } });
    await waitFor('the control plane to have its version back', async () => {
      const [plane] = await capi.objects('controlPlanes');
      return textAt(plane, 'spec', 'version') === FROM;
    });
    expect(uids(await capi.objects('machines'))).toEqual(before);

    const part = { class: 'default-worker', name: 'md-0', replicas: 3 };
    const held = { ...part, metadata: { annotations: { 'topology.cluster.x-k8s.io/hold-upgrade-sequence': '' } } };
    const topology = (machineDeployment: Fields): Fields => ({
      spec: { topology: { version: TO, workers: { machineDeployments: [machineDeployment] } } },
    });
    expect(await patch('clusters', 'capi', topology(held))).toEqual({ status: 200, words: '' });
    expect((await patch('clusters', 'capi', { spec: { topology: { version: 'v1.32.0' } } })).words).toContain(
      'version cannot be changed: ',
    );
    await waitFor('people to be waited for', async () =>
      said((await capi.objects('clusters'))[0], 'TopologyReconciled').includes('MachineDeploymentsUpgradeDeferred'),
    );
    const { etcd, api } = capi.workload;
    const ring = await throughAny(etcd.endpoints, etcd.tls, (each) => each.list());
    expect(ring.map(({ name }) => name).toSorted()).toEqual(['cp-4', 'cp-5', 'cp-6']);
    expect(textAt((await api.request({ method: 'GET', path: '/version' })).body, 'gitVersion')).toBe(TO);
    expect((await machines('md-0')).map((each) => textAt(each, 'spec', 'version'))).toEqual([FROM, FROM, FROM]);

    await patch('clusters', 'capi', topology(part));
    await waitFor('a drain to be held by the budget', async () =>
      (await machines('md-0')).some((each) =>
        said(each, 'Deleting').includes('The disruption budget nginx needs 4 healthy pods and has 4 currently'),
      ),
    );
    const path = '/apis/policy/v1/namespaces/web/poddisruptionbudgets/nginx';
    await api.request({ method: 'PATCH', path, body: { spec: { minAvailable: 3 } } });
    await waitFor('the topology to be rolled out', async () =>
      said((await capi.objects('clusters'))[0], 'TopologyReconciled').startsWith('True'),
    );
    await capi.waitReady();
    const nodes = (await machines('md-0')).map((each) => textAt(each, 'status', 'nodeInfo', 'kubeletVersion'));
    expect(nodes).toEqual([TO, TO, TO]);
  },
  LONG,
);
