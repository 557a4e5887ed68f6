import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Capi, startCapi } from '../../../playground/cluster-api/capi.ts';
import { throughAny } from '../../../playground/etcd-membership.ts';
import { fieldsOf, textAt } from '../../../playground/kubernetes/api/reading.ts';
import type { ApiObject } from '../../../playground/kubernetes/contracts.ts';
import { waitFor as waitForState } from '../../../playground/waiting.ts';

/** The stand-in for Cluster API in its older version, asked as by kubectl. */
let capi: Capi;

beforeAll(async () => {
  capi = await startCapi({ pace: 0.2, version: 'v1beta1', workers: 0 });
}, 120_000);
afterAll(() => capi.stop());

const LONG = 200_000;

async function waitFor<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  return await waitForState(what, ask, { timeoutMs: 90_000, everyMs: 200 });
}

async function machineOf(node: string): Promise<ApiObject | undefined> {
  return (await capi.objects('machines')).find((each) => textAt(each, 'status', 'nodeRef', 'name') === node);
}

function pathOf(machine: ApiObject | undefined): string {
  return `/apis/cluster.x-k8s.io/v1beta1/namespaces/${capi.namespace}/machines/${textAt(machine, 'metadata', 'name')}`;
}

async function remediate(node: string): Promise<void> {
  const body = { metadata: { annotations: { 'cluster.x-k8s.io/remediate-machine': '' } } };
  const { status } = await capi.management.api.request({ method: 'PATCH', path: pathOf(await machineOf(node)), body });
  expect(status).toBe(200);
}

function condition(machine: ApiObject | undefined, type: string): string {
  const { v1beta2 } = fieldsOf(machine?.['status']);
  const { conditions } = fieldsOf(v1beta2);
  const found: unknown = Array.isArray(conditions)
    ? conditions.find((each) => textAt(each, 'type') === type)
    : undefined;
  return `${textAt(found, 'status')} ${textAt(found, 'reason')}`;
}

async function members(): Promise<readonly string[]> {
  const { etcd } = capi.workload;
  return (await throughAny(etcd.endpoints, etcd.tls, (ring) => ring.list())).map(({ name }) => name).toSorted();
}

test(
  'with two members away nothing is deleted, and the machine says why; then its member is removed by the hook, and another one joins in its place',
  async () => {
    await capi.workload.node('cp-1').stopKubelet();
    capi.workload.node('cp-1').etcd.freeze();
    await waitFor('the member of cp-1 to be seen away', async () =>
      (await capi.objects('machines').catch(() => [])).some((each) =>
        condition(each, 'EtcdMemberHealthy').startsWith('Unknown'),
      ),
    );
    const before = textAt(await machineOf('cp-2'), 'metadata', 'name');
    await remediate('cp-2');
    await waitFor(
      'the control plane to say that it does not',
      async () => condition(await machineOf('cp-2'), 'OwnerRemediated') === 'False CannotBeRemediated',
    );
    expect(textAt(await machineOf('cp-2'), 'metadata', 'deletionTimestamp')).toBe('');
    expect(await members()).toHaveLength(3);

    capi.workload.node('cp-1').etcd.thaw();
    capi.workload.node('cp-1').startKubelet();
    const fresh = await waitFor('cp-2 to be replaced, now that it is safe', async () => {
      const found = await machineOf('cp-4');
      return condition(found, 'EtcdMemberHealthy') === 'True Healthy' ? found : undefined;
    });
    expect(await members()).toEqual(['cp-1', 'cp-3', 'cp-4']);
    const why = textAt(fresh, 'metadata', 'annotations', 'controlplane.cluster.x-k8s.io/remediation-for');
    expect(JSON.parse(why)).toMatchObject({ machine: before, retryCount: 0 });
    expect(capi.workload.nodes.map(({ name }) => name)).toEqual(['cp-1', 'cp-3', 'cp-4']);
    const { status } = await capi.workload.api.request({ method: 'GET', path: '/api/v1/nodes/cp-2' });
    expect(status).toBe(404);
  },
  LONG,
);
